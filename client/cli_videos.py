"""`framemill ls`, `watch`, `download`, `play-url`, `poster` and `rm`."""

import sys
from itertools import islice
from pathlib import Path

import click

from client import words
from client.cli_common import (
    follow,
    open_client,
    plain_option,
    print_json,
    raw,
    server_option,
    tell_result,
)
from client.download import DownloadProgress
from client.models import Video
from client.progress import display
from client.streams import say

_STATES = ("uploading", "queued", "processing", "ready", "failed", "cancelled")


@click.command()
@click.option("--state", type=click.Choice(_STATES), help="Only videos in this state.")
@click.option("--search", metavar="TEXT", help="Only videos with this text in the title.")
@click.option("--limit", type=click.IntRange(1, sys.maxsize), help="Show at most this many.")
@click.option("--json", "as_json", is_flag=True, help="Print the videos as a JSON array.")
@server_option
@click.pass_context
def ls(
    context: click.Context,
    state: str | None,
    search: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List the videos, newest first."""
    found = list(islice(open_client(context).videos(state=state, search=search), limit))
    if as_json:
        print_json(raw(found))
    elif found:
        click.echo(words.videos(found))
    else:
        say("There are no videos.")


@click.command()
@click.argument("video_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the video as a JSON array of one.")
@plain_option
@server_option
@click.pass_context
def watch(context: click.Context, video_id: str, as_json: bool, plain: bool) -> None:
    """Show the progress of the video ID until it ends."""
    client = open_client(context)
    video = follow(client, display(plain=plain), client.video(video_id))
    if as_json:
        print_json(raw([video]))
    if not as_json or video.state != "ready":
        tell_result(video)
    if video.state != "ready":
        context.exit(1)


@click.command()
@click.argument("video_id", metavar="ID")
@click.argument("name")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="File or directory to write to. Default: the server's file name, here.",
)
@click.option("--force", is_flag=True, help="Replace an existing file.")
@plain_option
@server_option
@click.pass_context
def download(
    context: click.Context,
    video_id: str,
    name: str,
    output: Path | None,
    force: bool,
    plain: bool,
) -> None:
    """Download NAME, a rendition or `source`, of the video ID.

    Run it again after an interruption: the download continues where it stopped.
    """
    client = open_client(context)
    total = _size(client.video(video_id), name)
    with display(plain=plain).transfer(name, total) as update:

        def on_progress(progress: DownloadProgress) -> None:
            update(progress.received, "downloading")

        path = client.download(video_id, name, output, force=force, on_progress=on_progress)
    click.echo(words.printable(str(path)))


def _size(video: Video, name: str) -> int:
    if name == "source":
        return video.source.size if video.source else 0
    return next((item.size for item in video.renditions if item.name == name), 0)


@click.command("play-url")
@click.argument("video_id", metavar="ID")
@click.option(
    "--ttl",
    "ttl_s",
    type=click.IntRange(60, 86_400),
    metavar="SECONDS",
    help="How long it works. Default: the server's choice.",
)
@click.option("--dash", is_flag=True, help="Print the address of the DASH manifest.")
@click.option("--json", "as_json", is_flag=True, help="Print all addresses as a JSON object.")
@server_option
@click.pass_context
def play_url(
    context: click.Context, video_id: str, ttl_s: int | None, dash: bool, as_json: bool
) -> None:
    """Print an address at which players (VLC, mpv, Safari) play the video ID by HLS.

    Whoever has the address needs nothing else. It works until its time is over, you log out, or
    the video is deleted.
    """
    found = open_client(context).playback(video_id, ttl_s)
    if as_json:
        print_json(found.raw)
        return
    address = found.dash_url if dash else found.hls_url
    if address is None:
        raise click.ClickException(
            "There is no DASH manifest of this video yet."
            if dash
            else "This video has no segments to stream; its MP4s are in --json."
        )
    click.echo(words.printable(address))


@click.command()
@click.argument("video_id", metavar="ID")
@click.option(
    "--at",
    type=click.FloatRange(0, 1e6),
    metavar="SECONDS",
    help="Use the picture at this time.",
)
@click.option("--auto", is_flag=True, help="Use the one that was made with the video.")
@server_option
@click.pass_context
def poster(context: click.Context, video_id: str, at: float | None, auto: bool) -> None:
    """Choose the picture that stands for the video ID.

    It stays when the video is processed again.
    """
    if (at is None) is not auto or at != at:  # the last is true of NaN alone
        raise click.UsageError("Give --at SECONDS or --auto.")
    client = open_client(context)
    if at is None:
        client.forget_poster(video_id)
        say("The poster is the one that was made with the video.")
    else:
        client.choose_poster(video_id, at)
        say("The poster changes in a moment.")


@click.command()
@click.argument("video_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@server_option
@click.pass_context
def rm(context: click.Context, video_ids: tuple[str, ...], yes: bool) -> None:
    """Delete videos and all their files."""
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask in: give --yes.")
    client = open_client(context)
    for video_id in video_ids:
        title = words.printable(client.video(video_id).title)
        if not yes:
            click.confirm(f"Delete {title} and all its files?", abort=True, err=True)
        client.delete(video_id)
        say(f"Deleted {title}.")
