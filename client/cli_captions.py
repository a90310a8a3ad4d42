"""`framemill captions`: `add`, `list` and `remove`."""

from pathlib import Path

import click

from client import words
from client.cli_common import open_client, print_json, server_option
from client.errors import FramemillError, reason_of
from client.streams import say

# The server takes 1 MiB of text; read a little more, so that it can say so.
_MOST_BYTES = 4 * 1024 * 1024


@click.group()
def captions() -> None:
    """Add, list and remove the captions of a video."""


@captions.command()
@click.argument("video_id", metavar="ID")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--language", required=True, metavar="TAG", help="The language, such as de, en or pt-BR."
)
@click.option("--name", help="What the menu of a player shows beside the language.")
@click.option("--default", "is_default", is_flag=True, help="Show them unless somebody chooses.")
@server_option
@click.pass_context
def add(
    context: click.Context,
    video_id: str,
    file: Path,
    language: str,
    name: str | None,
    is_default: bool,
) -> None:
    """Add FILE, WebVTT or SRT, to the video ID as captions, and print their id."""
    made = open_client(context).add_captions(
        video_id, _text_of(file), language=language, name=name, default=is_default
    )
    click.echo(made.id)


@captions.command("list")
@click.argument("video_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the captions as a JSON array.")
@server_option
@click.pass_context
def list_captions(context: click.Context, video_id: str, as_json: bool) -> None:
    """List the captions of the video ID."""
    found = list(open_client(context).captions(video_id))
    if as_json:
        print_json([each.raw for each in found])
    elif found:
        click.echo(words.captions(found))
    else:
        say("This video has no captions.")


@captions.command()
@click.argument("video_id", metavar="ID")
@click.argument("captions_ids", metavar="CAPTIONS...", nargs=-1, required=True)
@server_option
@click.pass_context
def remove(context: click.Context, video_id: str, captions_ids: tuple[str, ...]) -> None:
    """Remove captions of the video ID, by the ids that `list` prints."""
    client = open_client(context)
    for captions_id in captions_ids:
        client.remove_captions(video_id, captions_id)
        say(f"Removed {words.printable(captions_id)}.")


def _text_of(file: Path) -> str:
    """Return the text of a file, also of one from before everybody used UTF-8."""
    try:
        with file.open("rb") as opened:
            body = opened.read(_MOST_BYTES)
    except OSError as error:
        raise FramemillError(f"{file}: {reason_of(error)}.") from error
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16", errors="replace")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")
