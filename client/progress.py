"""Progress for a person: bars on a terminal, plain lines elsewhere; always on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Protocol

import click

from client.words import clock, printable, size

# Called with what is done, of the total, and with a word on what is going on.
Update = Callable[[float, str], None]

_SHORTEST_PAUSE = 1.0  # seconds between two lines that only differ in a figure
_LONGEST_PAUSE = 5.0  # seconds after which a line comes even if a tenth takes longer


class Display(Protocol):
    """Shows one thing after another."""

    def transfer(self, label: str, total: int) -> AbstractContextManager[Update]:
        """Show bytes on their way."""

    def work(self, label: str) -> AbstractContextManager[Update]:
        """Show a percentage."""


def display(*, plain: bool) -> Display:
    """Return bars if stderr is a terminal that can draw them and nobody asked for plain lines."""
    return Lines() if plain or not sys.stderr.isatty() else Bars()


class Lines:
    """A line when something else begins or ends, and for every tenth, but not many a second."""

    @contextmanager
    def transfer(self, label: str, total: int) -> Iterator[Update]:
        """Show bytes on their way."""
        name = printable(label)
        start = time.monotonic()
        first: float | None = None

        def line(done: float, note: str) -> str:
            nonlocal first
            first = done if first is None else first
            rate = (done - first) / max(time.monotonic() - start, 0.001)
            share = 100 * done / total if total else 100
            return f"{name}: {note} {share:.0f} % of {size(total)}, {size(rate)}/s"

        yield _sparing(line, total)

    @contextmanager
    def work(self, label: str) -> Iterator[Update]:
        """Show a percentage."""
        name = printable(label)
        yield _sparing(lambda done, note: f"{name}: {note} {done:.0f} %", 100)


def _sparing(line: Callable[[float, str], str], total: float) -> Update:
    shown: tuple[str, bool] | None = None
    tenth, last = 0, 0.0

    def update(done: float, note: str) -> None:
        nonlocal shown, tenth, last
        now = time.monotonic()
        # Time left changes with every word; only what stands before it counts.
        said = (note.partition(";")[0], done >= total)
        present = int(10 * done / total) if total else 10
        pause = _LONGEST_PAUSE if present == tenth else _SHORTEST_PAUSE
        text = line(done, note)
        if said != shown or now - last > pause:
            shown, tenth, last = said, present, now
            with suppress(OSError):  # nobody reads it any longer: no reason to stop the transfer
                click.echo(text, err=True)

    return update


class Bars:
    """Bars drawn by rich, imported only here because it takes a while."""

    @contextmanager
    def transfer(self, label: str, total: int) -> Iterator[Update]:
        """Show bytes on their way."""
        from rich import progress as bars

        columns = (
            bars.TextColumn("{task.description}", markup=False),
            bars.BarColumn(),
            bars.TaskProgressColumn(),
            bars.DownloadColumn(binary_units=True),
            bars.TransferSpeedColumn(),
            bars.TimeRemainingColumn(),
        )
        with _bar(columns, label, total) as update:
            yield lambda done, _: update(done, printable(label))

    @contextmanager
    def work(self, label: str) -> Iterator[Update]:
        """Show a percentage."""
        from rich import progress as bars

        columns = (
            bars.TextColumn("{task.description}", markup=False),
            bars.BarColumn(),
            bars.TaskProgressColumn(),
            bars.TimeElapsedColumn(),
        )
        with _bar(columns, label, 100) as update:
            yield lambda done, note: update(done, f"{printable(label)}: {note}")


@contextmanager
def _bar(columns: tuple[object, ...], label: str, total: int) -> Iterator[Update]:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn

    drawn = [column for column in columns if isinstance(column, ProgressColumn)]
    with Progress(*drawn, console=Console(stderr=True)) as progress:
        task = progress.add_task(printable(label), total=total)
        yield lambda done, note: progress.update(task, completed=done, description=note)


def time_left(seconds: float | None) -> str:
    """Return the end of a note, such as `; 0:21 left`."""
    return "" if seconds is None else f"; {clock(seconds)} left"
