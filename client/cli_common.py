"""What the commands share: which server, the client, and how a video is followed."""

import os
import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from client import words
from client.framemill import Framemill
from client.home import home_directory
from client.models import Invite, Json, Share, Video
from client.progress import Display, time_left
from client.session import SessionStore
from client.streams import say

DEFAULT_SERVER = "http://127.0.0.1:8000"
F = TypeVar("F", bound=Callable[..., Any])


def server_option(command: F) -> F:
    """Add `--server`; given after the command it wins over one given before."""
    return click.option(
        "--server",
        metavar="URL",
        envvar="FRAMEMILL_SERVER",
        expose_value=False,
        callback=_note_server,
        help=f"Address of the server. Default: the last one used, or {DEFAULT_SERVER}.",
    )(command)


def plain_option(command: F) -> F:
    """Add `--plain`."""
    return click.option("--plain", is_flag=True, help="Print lines, no progress bars.")(command)


def open_client(context: click.Context) -> Framemill:
    """Return a client of the chosen server that shares the session of the other commands."""
    home = home_directory(os.environ)
    chosen = context.find_root().meta.get("framemill.server")
    last = SessionStore(home / "session.json").last_server()
    client = Framemill(chosen or last or DEFAULT_SERVER, home=home, remember=True)
    return context.with_resource(client)


def follow(client: Framemill, display: Display, video: Video) -> Video:
    """Show what happens to a video until it is finished; returns it as it is then."""
    with display.work(video.title) as update:
        for current in client.watch(video.id):
            video = current
            done = 100.0 if video.state == "ready" else video.progress
            left = None if video.finished else video.eta_seconds
            update(done, words.status(video) + time_left(left))
    return video


def tell_result(video: Video) -> None:
    """Print the renditions of a finished video with what is told of them, or why there are none."""
    if video.state == "ready":
        if video.renditions:
            click.echo(words.renditions(video.renditions))
        if video.loudness is not None:
            click.echo(words.loudness(video.loudness))
        for note in video.done:
            click.echo(words.note(note))
        for note in video.warnings:
            say(f"Warning: {words.note(note)}")
        return
    if video.failure is None:
        reason = f"it is {video.state}"
    else:
        reason = f"{video.failure.message.rstrip('.')} ({video.failure.code})"
    title = words.printable(video.title)
    say(f"Error: {title} has no renditions: {words.printable(reason)}.")


def print_json(data: object) -> None:
    """Print what the server said."""
    click.echo(words.json_text(data, sys.stdout.encoding or "utf-8"))


def raw(items: Iterable[Video | Invite | Share]) -> list[Json]:
    """Return things as the server described them."""
    return [item.raw for item in items]


def _note_server(context: click.Context, _: click.Parameter, value: str | None) -> None:
    # An address on the command line stands, wherever it is; the environment fills the gap.
    source = context.get_parameter_source("server")
    meta = context.find_root().meta
    if value and (
        source is click.core.ParameterSource.COMMANDLINE or "framemill.server" not in meta
    ):
        meta["framemill.server"] = value
