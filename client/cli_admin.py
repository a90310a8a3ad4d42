"""`framemill admin`: invites."""

import re

import click

from client import words
from client.cli_common import open_client, print_json, raw, server_option
from client.streams import say

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class Span(click.ParamType[int]):
    """A length of time such as `90m`, `12h` or `7d`; becomes seconds."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the seconds."""
        found = re.fullmatch(r"(\d{1,9})([smhdw])", str(value), re.ASCII)
        if found is None or int(found[1]) == 0:
            self.fail(f"{value!r} is not a length of time. Write 90m, 12h or 7d.", param, ctx)
        return int(found[1]) * _UNITS[found[2]]


@click.group()
def admin() -> None:
    """For admins: manage invites."""


@admin.command()
@click.option("--email", help="Only this email address can use it.")
@click.option("--expires-in", type=Span(), help="How long it is valid, such as 12h or 7d.")
@click.option("--json", "as_json", is_flag=True, help="Print the invite as a JSON object.")
@server_option
@click.pass_context
def invite(
    context: click.Context, email: str | None, expires_in: int | None, as_json: bool
) -> None:
    """Create an invite and print its code. It works once and is not shown again."""
    client = open_client(context)
    made = client.create_invite(email=email, expires_in=expires_in)
    if as_json:
        print_json(made.raw)
        return
    click.echo(words.printable(made.code or ""))
    until = "" if made.expires_at is None else f" until {words.moment(made.expires_at)}"
    whom = "Anybody" if made.email is None else words.printable(made.email)
    say(
        f"Send the code to the new user. {whom} can use it once{until}, with:\n"
        f"framemill register EMAIL --invite CODE --server {client.api.caller.server}"
    )


@admin.command()
@click.option("--json", "as_json", is_flag=True, help="Print the invites as a JSON array.")
@server_option
@click.pass_context
def invites(context: click.Context, as_json: bool) -> None:
    """List the invites."""
    found = list(open_client(context).invites())
    if as_json:
        print_json(raw(found))
    elif found:
        click.echo(words.invites(found))
    else:
        say("There are no invites.")


@admin.command()
@click.argument("invite_ids", metavar="ID...", nargs=-1, required=True)
@server_option
@click.pass_context
def uninvite(context: click.Context, invite_ids: tuple[str, ...]) -> None:
    """Delete invites."""
    client = open_client(context)
    for invite_id in invite_ids:
        client.delete_invite(invite_id)
        say(f"Deleted the invite {words.printable(invite_id)}.")
