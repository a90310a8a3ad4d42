"""`framemill register`, `login` and `logout`."""

import os
import sys

import click

from client.cli_common import open_client, server_option
from client.words import printable


def _credentials(email: str | None, from_stdin: bool, confirm: bool) -> tuple[str, str]:
    password = os.environ.get("FRAMEMILL_PASSWORD")
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    if (email is None or password is None) and not sys.stdin.isatty():
        raise click.UsageError(
            "There is no terminal to ask at: give EMAIL, and the password in FRAMEMILL_PASSWORD "
            "or with --password-stdin."
        )
    if email is None:
        email = str(click.prompt("Email", err=True))
    if password is None:
        password = str(
            click.prompt("Password", hide_input=True, confirmation_prompt=confirm, err=True)
        )
    return email, password


_email = click.argument("email", required=False, envvar="FRAMEMILL_EMAIL")
_password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from the first line of stdin."
)


@click.command()
@_email
@_password_stdin
@server_option
@click.pass_context
def register(context: click.Context, email: str | None, password_stdin: bool) -> None:
    """Open an account and log in.

    The password is asked for, or taken from FRAMEMILL_PASSWORD.
    """
    client = open_client(context)
    address, password = _credentials(email, password_stdin, confirm=True)
    client.register(address, password)
    client.login(address, password)
    click.echo(f"Registered and logged in at {client.api.caller.server} as {printable(address)}.")


@click.command()
@_email
@_password_stdin
@server_option
@click.pass_context
def login(context: click.Context, email: str | None, password_stdin: bool) -> None:
    """Log in; the server is remembered.

    The password is asked for, or taken from FRAMEMILL_PASSWORD.
    """
    client = open_client(context)
    address, password = _credentials(email, password_stdin, confirm=False)
    client.login(address, password)
    click.echo(f"Logged in at {client.api.caller.server} as {printable(address)}.")


@click.command()
@server_option
@click.pass_context
def logout(context: click.Context) -> None:
    """End the session, here and at the server."""
    client = open_client(context)
    client.logout()
    click.echo(f"Logged out at {client.api.caller.server}.")
