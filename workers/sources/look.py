"""Reads the head and the tail of a source, and makes a sample of it for ffprobe."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from workers.formats.known import Known, Lacking, Span, stretches
from workers.formats.shape import DEFAULT_SHAPE, Pipe, Shape
from workers.runtime.concurrency import together
from workers.sources.choose import WholeFile, choose
from workers.sources.ranges import Source, read_bytes

_RANGE = 8 * 1024**2  # not less: some stores read the whole object for each request
_MOST_ROUNDS = 100  # of asking for more; each box at the top of an MP4 may take one


async def look(source: Source, sample: Path, shape: Shape = DEFAULT_SHAPE) -> Pipe | WholeFile:
    """Find out whether a source can be read through a pipe.

    Then a sample of it is laid on the disk, as the file `sample`.

    Raises:
        OSError: the disk is full or failed. And what `read_range` raises.
    """
    known = Known(source.size)
    for _ in range(_MOST_ROUNDS):
        try:
            # In a thread: an index can be long.
            choice = await asyncio.to_thread(choose, known, shape)
        except Lacking as lacking:
            known = await _more(source, known, lacking.spans)
            continue
        if isinstance(choice, Pipe):
            data = [known.bytes_of(piece) for piece in choice.sample]
            await asyncio.to_thread(_write, sample, data)
        return choice
    return WholeFile("reading its structure takes too many requests")


async def _more(source: Source, known: Known, spans: Iterable[Span]) -> Known:
    gate = asyncio.Semaphore(source.connections)

    async def read(span: Span) -> tuple[int, bytes]:
        async with gate:
            return span.start, await read_bytes(source, span.start, span.end)

    for start, data in await together(map(read, stretches(spans, _RANGE))):
        known = known.plus(start, data)
    return known


def _write(target: Path, data: Iterable[bytes]) -> None:
    with target.open("xb") as file:
        file.writelines(data)
