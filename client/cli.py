"""The `framemill` command."""

import os
import sys
from collections.abc import Sequence

import click

from client import cli_account, cli_upload, cli_videos
from client.cli_common import server_option
from client.errors import ApiError, FramemillError
from client.words import printable


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@server_option
def framemill() -> None:
    """Upload videos to a Framemill server, watch them being transcoded, download them."""


for _command in (
    cli_account.register,
    cli_account.login,
    cli_account.logout,
    cli_upload.upload,
    cli_videos.ls,
    cli_videos.watch,
    cli_videos.download,
    cli_videos.rm,
):
    framemill.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0 done, 1 failed, 2 called wrongly."""
    try:
        code = framemill.main(
            None if arguments is None else list(arguments),
            prog_name="framemill",
            standalone_mode=False,
        )
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        return 1
    except FramemillError as error:
        click.echo(f"Error: {printable(_sentence(error))}", err=True)
        return 1
    except BrokenPipeError:
        # Whoever read the output has gone; Python must not complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code if isinstance(code, int) else 0


def _sentence(error: FramemillError) -> str:
    if isinstance(error, ApiError) and error.status >= 500 and error.request_id:
        return f"{error} (request {error.request_id})"
    if isinstance(error, ApiError) and error.code == "rate_limited" and error.retry_after:
        return f"{error} Try again in {error.retry_after:.0f} s."
    return str(error)
