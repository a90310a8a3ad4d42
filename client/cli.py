"""The `framemill` command."""

import os
from collections.abc import Sequence
from contextlib import suppress

import click

from client import (
    cli_account,
    cli_admin,
    cli_captions,
    cli_shares,
    cli_upload,
    cli_videos,
    streams,
)
from client.cli_common import server_option
from client.errors import ApiError, FramemillError, reason_of


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@server_option
def framemill() -> None:
    """Upload videos to a Framemill server, see their progress, download them."""


for _command in (
    cli_account.register,
    cli_account.login,
    cli_account.logout,
    cli_account.passwd,
    cli_account.delete_account,
    cli_upload.upload,
    cli_videos.ls,
    cli_videos.watch,
    cli_videos.download,
    cli_videos.play_url,
    cli_shares.share,
    cli_shares.shares,
    cli_shares.unshare,
    cli_videos.poster,
    cli_videos.rm,
    cli_captions.captions,
    cli_admin.admin,
):
    framemill.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0 done, 1 failed, 2 called wrongly.

    Whatever goes wrong becomes one sentence here, and nowhere else. With FRAMEMILL_DEBUG set, what
    nobody expected is raised as it is.
    """
    streams.prepare()
    try:
        code = _run(arguments)
    except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001 - see above
        code = _explain(error)
    streams.finish()
    return code


def _run(arguments: Sequence[str] | None) -> int:
    code = framemill.main(
        None if arguments is None else list(arguments),
        prog_name="framemill",
        standalone_mode=False,
    )
    return code if isinstance(code, int) else 0


def _explain(error: BaseException) -> int:
    """Say what went wrong; returns the exit code."""
    match error:
        case click.Abort() | KeyboardInterrupt():
            streams.say("Stopped.")
        case SystemExit():  # click's, when nobody reads the output any longer
            return error.code if isinstance(error.code, int) else 1
        case click.ClickException():
            _show(error)
            return error.exit_code
        case FramemillError():
            streams.say(f"Error: {_sentence(error)}")
        case OSError():
            streams.say(f"Error: {_system(error)}")
        case _:
            if os.environ.get("FRAMEMILL_DEBUG"):
                raise error
            streams.say(
                f"Error: Unexpected error "
                f"({type(error).__name__}: {error}); set FRAMEMILL_DEBUG=1 to see where."
            )
    return 1


def _show(error: click.ClickException) -> None:
    with suppress(OSError):  # stderr may take nothing
        error.show()


def _sentence(error: FramemillError) -> str:
    if isinstance(error, ApiError) and error.status >= 500 and error.request_id:
        return f"{error} (request {error.request_id})"
    if isinstance(error, ApiError) and error.code == "rate_limited" and error.retry_after:
        return f"{error} Try again in {error.retry_after:.0f} s."
    return str(error)


def _system(error: OSError) -> str:
    if isinstance(error, streams.OutputRefused):
        return f"The output cannot be written: {reason_of(error)}."
    if error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {reason_of(error)}."
    return f"The operating system refused: {reason_of(error)}."
