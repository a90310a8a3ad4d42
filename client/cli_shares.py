"""`framemill share`, `shares` and `unshare`."""

from datetime import UTC, datetime, timedelta

import click

from client import words
from client.cli_admin import Span
from client.cli_common import open_client, print_json, raw, server_option
from client.streams import say


@click.command()
@click.argument("video_id", metavar="ID")
@click.option("--expires", type=Span(), help="How long it works, such as 12h or 7d.")
@click.option(
    "--origin",
    "origins",
    metavar="URL",
    multiple=True,
    help="Only pages of this origin can embed the video. Can be given several times.",
)
@click.option("--download", is_flag=True, help="Whoever has the link can save the files too.")
@click.option("--json", "as_json", is_flag=True, help="Print the link as a JSON object.")
@server_option
@click.pass_context
def share(
    context: click.Context,
    video_id: str,
    expires: int | None,
    origins: tuple[str, ...],
    download: bool,
    as_json: bool,
) -> None:
    """Create a link to the video ID and print it.

    Whoever has the link can watch the video without an account. It works until it expires, or
    until `framemill unshare`.
    """
    until = None if expires is None else datetime.now(UTC) + timedelta(seconds=expires)
    made = open_client(context).share(
        video_id, expires_at=until, allowed_origins=origins, download=download
    )
    if as_json:
        print_json(made.raw)
        return
    click.echo(words.printable(made.url))


@click.command()
@click.argument("video_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the links as a JSON array.")
@server_option
@click.pass_context
def shares(context: click.Context, video_id: str, as_json: bool) -> None:
    """List the links to the video ID."""
    found = list(open_client(context).shares(video_id))
    if as_json:
        print_json(raw(found))
    elif found:
        click.echo(words.shares(found))
    else:
        say("There are no links to this video.")


@click.command()
@click.argument("video_id", metavar="ID")
@click.argument("share_ids", metavar="LINK_ID...", nargs=-1, required=True)
@server_option
@click.pass_context
def unshare(context: click.Context, video_id: str, share_ids: tuple[str, ...]) -> None:
    """End links to the video ID. Whoever watches by them is stopped within 5 minutes."""
    client = open_client(context)
    for share_id in share_ids:
        client.unshare(video_id, share_id)
        say(f"Ended the link {words.printable(share_id)}.")
