"""How an operation reads its source: as it arrives, or as a whole file.

FFmpeg starts while the source still arrives, if it can read the bytes in the order of the file. If
that fails, or the file is refused, the whole file is fetched and tried once more. So no file is
called bad because only a piece of it was read, or because FFmpeg could not seek in a pipe.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from core.errors import Failure, PermanentError, TransientError
from core.model.failure_codes import FailureCode
from core.model.states import Stage
from workers.context import Context
from workers.ffmpeg import measure
from workers.ffmpeg.diagnose import DISK_FULL
from workers.ffmpeg.probe import ProbeFailedError, probe
from workers.ffmpeg.process import FFmpegFailedError, Finished, ProcessLimits, run
from workers.formats.shape import Pipe
from workers.media.fields import worth_measuring
from workers.media.info import MediaInfo
from workers.media.limits import Limits, believed, refuse
from workers.media.shapes import may_change
from workers.media.stills import unseen
from workers.runtime.scratch import require, whole_file_room
from workers.sandbox.policies import probe_policy
from workers.sources.choose import WholeFile
from workers.sources.fetch import fetch
from workers.sources.look import look

T = TypeVar("T")

SAMPLE = "sample"
_ARRIVING = "arriving"
INPUT = "input"  # without an extension: a name alone opens some demuxers
OUT = "out"
PACKETS = 40  # that are decoded to see what a film is; about half of them are pictures
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
    found = await _look(context)
    if isinstance(found, Pipe):
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
    await require(place, whole_file_room(size))
    await fetch(context.source, place / _ARRIVING, context.report.at)
    (place / _ARRIVING).rename(place / INPUT)
    context.report.add(f"fetched {size} bytes")


async def inspected(context: Context, name: str) -> MediaInfo:
    """Return what a file of the attempt's directory is; raises what says that it is refused."""
    limits, report = context.limits, context.report
    context.report.enter(Stage.INSPECTING)
    try:
        info = await probe_file(context, context.place / name, limits, PACKETS)
    except ProbeFailedError as error:
        report.add(error.stderr_tail or str(error))
        raise judged(error.failure, str(error)) from error
    info = await _pictured(context, name, believed(info, limits))
    refusal = refuse(info, limits)
    if refusal is not None:
        report.add(f"refused: {refusal.code}")
        raise PermanentError(refusal)
    return await _measured(context, name, info)


async def _pictured(context: Context, name: str, info: MediaInfo) -> MediaInfo:
    """Return a file with the size of its picture, also if this ffprobe cannot tell."""
    if not unseen(info):
        return info
    tools = context.tools
    attempt = partial(_attempt, context, context.place / name)
    return await measure.pictures(tools.ffmpeg, f"./{name}", info, context.limits, attempt)


async def _measured(context: Context, name: str, info: MediaInfo) -> MediaInfo:
    """Return what a file is with what no header tells, as far as that is worth looking for."""
    tools, limits = context.tools, context.limits
    attempt = partial(_attempt, context, context.place / name)
    if info.video is not None and worth_measuring(info.video):
        video = await measure.fields(tools.ffmpeg, f"./{name}", info.video, limits, attempt)
        info = replace(info, video=video)
    if name == INPUT and may_change(info):
        shapes = await measure.shapes(tools.ffprobe, f"./{name}", info, limits, attempt)
        info = replace(info, shapes=shapes)
    return info


async def _attempt(
    context: Context, file: Path, argv: list[str], patience: ProcessLimits
) -> Finished | None:
    policy = probe_policy(context.tools.sandbox, argv[0], file, patience.wall_seconds)
    spent = context.report.spent
    try:
        return await run(argv, cwd=file.parent, limits=patience, policy=policy, spent=spent)
    except FFmpegFailedError:
        return None


async def probe_file(context: Context, file: Path, limits: Limits, packets: int = 0) -> MediaInfo:
    """Probe a file, and decode its first packets, in the sandbox; raises `ProbeFailedError`."""
    tools = context.tools
    return await probe(
        tools.ffprobe,
        f"./{file.name}",
        cwd=file.parent,
        limits=limits,
        policy=probe_policy(tools.sandbox, tools.ffprobe, file, limits.probe_timeout_s),
        spent=context.report.spent,
        packets=packets,
    )


def judged(failure: Failure, message: str) -> PermanentError | TransientError:
    """Return the end of an attempt whose program failed; for good if the source is at fault."""
    if not failure.retryable:
        return PermanentError(failure)
    return TransientError(message, failure, charge=failure != DISK_FULL)
