"""`framemill upload`."""

import contextlib
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
from client.errors import ApiError, FileChanged, UploadFailed
from client.framemill import Framemill
from client.models import Video
from client.progress import Display, Update, display
from client.streams import say
from client.upload import CONNECTIONS, Begun, UploadProgress


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--title", help="Title of the video. Default: the file name.")
@click.option(
    "--wait/--no-wait",
    default=True,
    help="Wait until the video is ready (default), or only upload.",
)
@click.option(
    "--connections",
    type=click.IntRange(1, 32),
    default=CONNECTIONS,
    show_default=True,
    help="How many parts are sent at the same time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the videos as a JSON array.")
@plain_option
@server_option
@click.pass_context
def upload(
    context: click.Context,
    files: tuple[Path, ...],
    title: str | None,
    wait: bool,
    connections: int,
    as_json: bool,
    plain: bool,
) -> None:
    """Upload FILES and wait until they are ready.

    Run it again after an interruption: the upload continues where it stopped.
    """
    if title is not None and len(files) > 1:
        raise click.UsageError("Use --title with one file only.")
    client = open_client(context)
    shown = display(plain=plain)
    videos = []
    failed = False
    for file in files:
        try:
            videos.append(_send(client, shown, file, title, connections))
        except (ApiError, FileChanged, UploadFailed) as error:
            failed = True
            say(f"Error: {words.printable(f'{file.name}: {error}')}")
        except KeyboardInterrupt:
            name = words.printable(file.name)
            raise click.ClickException(
                f"{name} is not complete. Run the command again to continue."
            ) from None
    if wait:
        videos = [_wait(client, shown, video, tell=not as_json) for video in videos]
        failed = failed or any(video.state != "ready" for video in videos)
    if as_json:
        print_json(raw(videos))
    elif not wait:
        for video in videos:
            click.echo(f"{video.id}  {words.printable(video.title)}")
    if failed:
        context.exit(1)


def _send(
    client: Framemill, shown: Display, file: Path, title: str | None, connections: int
) -> Video:
    note = "uploading"
    total = 0
    with contextlib.suppress(OSError):  # the upload says what is wrong
        total = file.stat().st_size if file.is_file() else 0
    with shown.transfer(file.name, total) as update:

        def on_begin(begun: Begun) -> None:
            nonlocal note
            note = _tell_begin(begun, file, update)

        def on_progress(progress: UploadProgress) -> None:
            update(progress.sent, note)

        return client.upload(
            file, title=title, connections=connections, on_progress=on_progress, on_begin=on_begin
        )


def _tell_begin(begun: Begun, file: Path, update: Update) -> str:
    if begun.video is not None:
        update(begun.upload.size, "was already uploaded,")
        return "was already uploaded,"
    if begun.resumed:
        say(f"{words.printable(file.name)}: continuing an earlier upload")
    return "uploading"


def _wait(client: Framemill, shown: Display, video: Video, *, tell: bool) -> Video:
    try:
        video = follow(client, shown, video)
    except KeyboardInterrupt:
        raise click.ClickException(
            f"Stopped waiting. To see the progress: framemill watch {video.id}"
        ) from None
    if tell or video.state != "ready":
        if tell:
            click.echo(f"{video.id}  {words.printable(video.title)}: {video.state}")
        tell_result(video)
    return video
