"""`framemill register`, `login`, `logout`, `passwd` and `delete-account`."""

import os
import sys

import click

from client.cli_common import open_client, server_option
from client.errors import NotText
from client.streams import say
from client.words import printable

_NO_TERMINAL = "There is no terminal to ask in: "

_email = click.argument("email", required=False, envvar="FRAMEMILL_EMAIL")
_password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of stdin."
)


def _line() -> str:
    try:
        return sys.stdin.readline().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise NotText("The standard input is not UTF-8 text.") from error


def _ask(what: str, *, confirm: bool = False) -> str:
    return str(click.prompt(what, hide_input=True, confirmation_prompt=confirm, err=True))


def _credentials(email: str | None, from_stdin: bool, confirm: bool) -> tuple[str, str]:
    password = _line() if from_stdin else os.environ.get("FRAMEMILL_PASSWORD")
    if (email is None or password is None) and not sys.stdin.isatty():
        raise click.UsageError(
            f"{_NO_TERMINAL}give EMAIL, and the password in FRAMEMILL_PASSWORD "
            "or with --password-stdin."
        )
    if email is None:
        email = str(click.prompt("Email", err=True))
    if password is None:
        password = _ask("Password", confirm=confirm)
    return email, password


@click.command()
@_email
@_password_stdin
@click.option("--invite", metavar="CODE", help="The invite code, if the server needs one.")
@server_option
@click.pass_context
def register(
    context: click.Context, email: str | None, password_stdin: bool, invite: str | None
) -> None:
    """Create an account and log in.

    Asks for the password, or takes it from FRAMEMILL_PASSWORD.
    """
    client = open_client(context)
    address, password = _credentials(email, password_stdin, confirm=True)
    client.register(address, password, invite=invite)
    client.login(address, password)
    click.echo(f"Registered and logged in at {client.api.caller.server} as {printable(address)}.")


@click.command()
@_email
@_password_stdin
@server_option
@click.pass_context
def login(context: click.Context, email: str | None, password_stdin: bool) -> None:
    """Log in. Later commands use the same server.

    Asks for the password, or takes it from FRAMEMILL_PASSWORD.
    """
    client = open_client(context)
    address, password = _credentials(email, password_stdin, confirm=False)
    client.login(address, password)
    click.echo(f"Logged in at {client.api.caller.server} as {printable(address)}.")


@click.command()
@server_option
@click.pass_context
def logout(context: click.Context) -> None:
    """Log out: end the session here and on the server."""
    client = open_client(context)
    client.logout()
    click.echo(f"Logged out at {client.api.caller.server}.")


@click.command()
@click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the current and the new password from the first two lines of stdin.",
)
@server_option
@click.pass_context
def passwd(context: click.Context, password_stdin: bool) -> None:
    """Change your password. All your other sessions end.

    Asks for both passwords, or takes them from FRAMEMILL_PASSWORD and FRAMEMILL_NEW_PASSWORD.
    """
    client = open_client(context)
    email = client.me().email  # fails before a password is typed
    if password_stdin:
        current: str | None = _line()
        new: str | None = _line()
    else:
        current = os.environ.get("FRAMEMILL_PASSWORD")
        new = os.environ.get("FRAMEMILL_NEW_PASSWORD")
    if (current is None or new is None) and not sys.stdin.isatty():
        raise click.UsageError(
            f"{_NO_TERMINAL}give the passwords in FRAMEMILL_PASSWORD and FRAMEMILL_NEW_PASSWORD "
            "or with --password-stdin."
        )
    if current is None:
        current = _ask(f"Current password of {printable(email)}")
    if new is None:
        new = _ask("New password", confirm=True)
    client.change_password(current, new)
    say(f"Changed the password of {printable(email)}. All other sessions have ended.")


@click.command("delete-account")
@_password_stdin
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@server_option
@click.pass_context
def delete_account(context: click.Context, password_stdin: bool, yes: bool) -> None:
    """Delete your account and all its videos.

    Asks for the password, or takes it from FRAMEMILL_PASSWORD.
    """
    password = _line() if password_stdin else os.environ.get("FRAMEMILL_PASSWORD")
    if (password is None or not yes) and not sys.stdin.isatty():
        raise click.UsageError(
            f"{_NO_TERMINAL}give --yes, and the password in FRAMEMILL_PASSWORD "
            "or with --password-stdin."
        )
    client = open_client(context)
    email, server = printable(client.me().email), client.api.caller.server
    if not yes:
        click.confirm(
            f"Delete the account {email} at {server} and all its videos?",
            abort=True,
            err=True,
        )
    client.delete_account(password if password is not None else _ask("Password"))
    say(f"Deleted the account {email} at {server}.")
