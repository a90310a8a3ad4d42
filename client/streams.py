"""Standard input and output as they may be: closed, full, read by nobody, in another encoding."""

import contextlib
import io
import os
import sys
from typing import BinaryIO, Literal, TextIO

import click

from client.words import printable


class OutputRefused(OSError):
    """What is printed cannot be written."""


class Output(io.TextIOWrapper):
    """Standard output; its errors are told from those of other files."""

    def write(self, text: str, /) -> int:
        """Write; raises `OutputRefused`."""
        try:
            return super().write(text)
        except OSError as error:
            raise OutputRefused(error.errno, error.strerror) from error

    def flush(self) -> None:
        """Write what is kept back; raises `OutputRefused`."""
        try:
            super().flush()
        except OSError as error:
            raise OutputRefused(error.errno, error.strerror) from error


def prepare() -> None:
    """Put something in the place of streams that are closed, and have no letter fail.

    Python leaves None in their place, and the next file that is opened would get their number:
    what is printed would go into it. Writing to a closed output fails, as it does elsewhere.
    """
    if sys.stdin is None:
        sys.stdin = _stream(os.O_RDONLY, "r")
    if sys.stdout is None:  # reading only: says "Bad file descriptor" when written to
        sys.stdout = _output(io.BufferedWriter(io.FileIO(os.open(os.devnull, os.O_RDONLY), "w")))
    elif sys.stdout is sys.__stdout__ and isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout = _output(sys.stdout.buffer, sys.stdout.encoding)
    if sys.stderr is None:
        sys.stderr = _stream(os.O_WRONLY, "w")


def say(text: str) -> None:
    """Print a sentence for a person on stderr, if anybody can read it."""
    with contextlib.suppress(OSError, ValueError):
        click.echo(printable(text), err=True)


def finish() -> None:
    """Let go of what cannot be written, or Python complains of it at its very end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with contextlib.suppress(OSError, ValueError):
                nothing = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nothing, stream.fileno())
                os.close(nothing)


def _output(file: BinaryIO, encoding: str = "utf-8") -> Output:
    return Output(file, encoding=encoding, errors="backslashreplace", line_buffering=True)


def _stream(flags: int, mode: Literal["r", "w"]) -> TextIO:
    return open(os.open(os.devnull, flags), mode, encoding="utf-8", closefd=False)
