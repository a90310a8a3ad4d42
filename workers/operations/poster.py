"""Poster: makes a picture of a moment that somebody chose, from a piece of what is stored.

The piece is one that we have made ourselves: a header and a segment of the largest track, or the
largest file. The task knows its objects and ranges from who asked for it.
"""

import asyncio
from pathlib import Path

from pydantic import BaseModel, ValidationError

from core.errors import TransientError
from core.model.states import AssetKind, Stage
from core.tasks.settle import NewAsset
from workers.context import Context, Outputs
from workers.ffmpeg.poster_command import poster_command
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, run
from workers.formats.jpeg import size_of
from workers.media.plan import POSTER_NAME
from workers.outputs.send import send
from workers.runtime.scratch import require
from workers.sandbox.policies import copy_policy
from workers.sources.ranges import Source, read_range
from workers.sources.read import INPUT, OUT

_PATIENCE_S = 60.0
_LARGEST = 64 * 1024**2  # bytes
_ROOM = 16 * 1024**2  # bytes of disk beside the piece
_EARLIER_S = 1.0


class Spec(BaseModel):
    """What there is to do.

    Attributes:
        pieces: key, first byte and length of each piece of the file that holds the picture.
        seconds: after how many seconds of that it comes.
    """

    pieces: list[tuple[str, int, int]]
    seconds: float


async def poster(context: Context) -> Outputs:
    """Make the picture and store it."""
    try:
        spec = Spec.model_validate(context.work.spec)
    except ValidationError as error:
        raise TransientError(f"this worker cannot read the task: {error}", charge=False) from error
    place, out, tools = context.place, context.place / OUT, context.tools
    context.report.enter(Stage.FETCHING)
    await require(place, sum(size for _, _, size in spec.pieces) + _ROOM)
    await _fetch(context, spec)
    out.mkdir()
    context.report.enter(Stage.ENCODING)
    picture = out / POSTER_NAME
    # Behind the last picture there is none: then an earlier one is taken.
    for seconds in (spec.seconds, max(spec.seconds - _EARLIER_S, 0.0), 0.0):
        await _run(context, seconds)
        if picture.exists() and picture.stat().st_size:
            break
    size = await asyncio.to_thread(_checked, picture)
    key = context.work.prefix + POSTER_NAME
    context.report.enter(Stage.PUBLISHING)
    await send(tools.storage, picture, size, key, "image/jpeg", tools.pace)
    return Outputs((NewAsset(AssetKind.POSTER, "chosen", key, size),))


async def _fetch(context: Context, spec: Spec) -> None:
    """Put the pieces together in a file."""
    tools = context.tools
    with (context.place / INPUT).open("wb") as file:

        async def take(block: bytearray, _place: int) -> None:
            await asyncio.to_thread(file.write, block)

        for key, start, size in spec.pieces:
            source = Source(tools.storage, key, start + size, None, 1, tools.pace)
            await read_range(source, start, start + size, take)


async def _run(context: Context, seconds: float) -> None:
    tools, place = context.tools, context.place
    argv = poster_command(tools.ffmpeg, f"./{INPUT}", seconds, OUT, tools.limits)
    policy = copy_policy(
        tools.sandbox, tools.ffmpeg, place / INPUT, place / OUT, _PATIENCE_S, _LARGEST
    )
    limits = ProcessLimits(wall_seconds=_PATIENCE_S)
    spent = context.report.spent
    try:
        await run(argv, cwd=place, limits=limits, policy=policy, spent=spent)
    except FFmpegFailedError as error:
        context.report.add(error.stderr_tail)
        raise TransientError(str(error)) from error


def _checked(picture: Path) -> int:
    """Return how many bytes a picture has that is whole."""
    data = picture.read_bytes() if picture.exists() else b""
    if size_of(data) is None:
        raise TransientError("no whole picture came out")
    return len(data)
