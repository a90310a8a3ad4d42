"""How an operation reads its source: as it arrives, or as a whole file.

FFmpeg starts while the source still arrives, if it can read the bytes in the order of the file. If
that fails, or the file is refused, the whole file is fetched and tried once more. So no file is
called bad because only a piece of it was read, or because FFmpeg could not seek in a pipe.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from core.errors import PermanentError, TransientError
from core.model.failure_codes import FailureCode
from core.model.states import Stage
from workers.context import Context
from workers.formats.jpeg import keep_first
from workers.formats.shape import Pipe
from workers.formats.transport_stream import layout_of
from workers.formats.transport_tables import renumber
from workers.runtime.scratch import require, whole_file_room
from workers.sources.choose import WholeFile
from workers.sources.fetch import fetch
from workers.sources.look import look

T = TypeVar("T")

SAMPLE = "sample"
_ARRIVING = "arriving"
_BEGINNING = 2000  # bytes that tell a transport stream
INPUT = "input"  # without an extension: a name alone opens some demuxers
OUT = "out"
# Faults of the source, or unknown ones: the whole file may give another result.
_DOUBTFUL = frozenset(FailureCode) - {
    FailureCode.PROCESSING_TIMEOUT, FailureCode.RESOURCE_LIMIT, FailureCode.STORAGE_ERROR,
}  # fmt: skip


async def either_way(
    context: Context,
    streamed: Callable[[Pipe], Awaitable[T]],
    from_file: Callable[[], Awaitable[T]],
) -> T:
    """Do something with the source as it arrives; with the whole file if that is in doubt."""
    found = await at_hand(context)
    if found is not None:
        try:
            return await streamed(found)
        except (PermanentError, TransientError) as error:
            if error.failure.code not in _DOUBTFUL:
                raise
            context.report.add(f"{error}; once more, with the whole file")
            context.way = WholeFile("the result from a part of it is not certain")
            await asyncio.to_thread(shutil.rmtree, context.place / OUT, ignore_errors=True)
        await _fetch(context)
    return await from_file()


async def at_hand(context: Context) -> Pipe | None:
    """Return how the source is read as it arrives; None when the whole file is there."""
    found = await _look(context)
    if isinstance(found, Pipe):
        return found
    await _fetch(context)
    return None


async def _look(context: Context) -> Pipe | WholeFile:
    """Find out how the source can be read, unless that is known."""
    if context.way is not None:
        return context.way
    context.report.enter(Stage.FETCHING)
    found: Pipe | WholeFile = WholeFile("it is small")
    if context.work.source_size >= context.tools.shape.smallest:
        found = await look(context.source, context.place / SAMPLE, context.tools.shape)
    context.way = found
    if isinstance(found, WholeFile):
        context.report.add(f"to be fetched whole: {found.reason}")
    else:
        order = "index first" if found.rearranged else "as it is"
        context.report.add(f"to be read as it arrives: {found.kind}, {order}")
    return found


async def _fetch(context: Context) -> None:
    """Have the whole source at hand, unless it is."""
    place, size = context.place, context.work.source_size
    if (place / INPUT).exists():
        return
    context.report.enter(Stage.FETCHING)
    # Of a fetch that was ended half-way: the packaging beside it was refused.
    (place / _ARRIVING).unlink(missing_ok=True)
    await require(place, whole_file_room(size))
    await fetch(context.source, place / _ARRIVING, context.report.at)
    if context.limits.stills and await asyncio.to_thread(keep_first, place / _ARRIVING):
        context.report.add("what lies behind the picture is left out")
    moved = await asyncio.to_thread(_renumber, place / _ARRIVING)
    (place / _ARRIVING).rename(place / INPUT)
    context.report.add(f"fetched {size} bytes")
    if moved:
        context.report.add(f"streams go on under their first numbers, in {moved} packets")


def _renumber(path: Path) -> int:
    """Have each stream of a transport stream go on under the number that it began with."""
    with path.open("r+b", buffering=0) as file:
        layout = layout_of(file.read(_BEGINNING))
        return renumber(file, layout) if layout else 0
