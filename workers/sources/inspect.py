"""What a source is: by its header, by its first pictures, and by what is measured."""

import asyncio
import contextlib
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from core.errors import Failure, PermanentError, TransientError
from core.model.failure_codes import FailureCode
from core.model.states import Stage
from workers.context import Context
from workers.ffmpeg import measure
from workers.ffmpeg.diagnose import DISK_FULL
from workers.ffmpeg.probe import ProbeFailedError, probe
from workers.ffmpeg.process import FFmpegFailedError, Finished, ProcessLimits, run
from workers.formats.avi import is_cut
from workers.media.empty import doubtful, met, without
from workers.media.fields import all_of, later_places, measured, worth_measuring
from workers.media.info import MediaInfo
from workers.media.lengths import uncounted
from workers.media.limits import BY_LENGTH, Limits, believed, refuse
from workers.media.rates import rate_is_unknown
from workers.media.shapes import may_change, shapes_of
from workers.media.sizes import largest, places, sized_late
from workers.media.stills import unseen
from workers.sandbox.policies import probe_policy
from workers.sources.read import INPUT
from workers.sources.unopened import without_unopened

# How far a file is read to find streams that begin late, in bytes: FFmpeg keeps that in memory.
MOST_REACH = 96 * 1024**2
_PACKETS = 32  # that are decoded to see what a film is; about half of them are pictures
_MORE_PACKETS = 256  # where most of them are sound


async def inspected(context: Context, name: str) -> MediaInfo:
    """Return what a file of the attempt's directory is; raises what says that it is refused."""
    limits, report = context.limits, context.report
    context.report.enter(Stage.INSPECTING)
    info = await _probed(context, name)
    if sized_late(info) and not context.reach:
        if name != INPUT:
            raise TransientError("the size of the picture comes later in the file")
        context.reach = min(MOST_REACH, context.work.source_size)
        report.add("once more, to where the size of the picture comes")
        info = await _probed(context, name)
    cut = name == INPUT and info.format_name == "avi" and await asyncio.to_thread(_cut, context)
    # The header of an AVI tells how long it was, if the end is missing; else its count is no proof.
    info = info if cut or info.format_name != "avi" else uncounted(info)
    info = await _pictured(context, name, believed(info, limits))
    info = await _filled(context, name, info)
    refusal = refuse(info, limits)
    if refusal is not None and refusal.code in BY_LENGTH and name == INPUT and not cut:
        attempt = partial(_attempt, context, context.place / name)
        info = await measure.length(context.tools.ffprobe, f"./{name}", info, limits, attempt)
        refusal = refuse(info, limits)
    if refusal is not None:
        report.add(f"refused: {refusal.code}")
        raise PermanentError(refusal)
    return await _measured(context, name, info)


async def _probed(context: Context, name: str) -> MediaInfo:
    """Probe a file; without what stands beside the film, if that alone cannot be opened."""
    file, report = context.place / name, context.report
    try:
        info = await probe_file(context, file, context.limits, _PACKETS)
        return _sized(context, await _with_rate(context, file, info))
    except ProbeFailedError as error:
        if error.failure.code == FailureCode.UNSUPPORTED_CODEC and name == INPUT:
            without = await without_unopened(context, file, _PACKETS)
            if without is not None:
                report.add(f"{error}; looked at without the stream")
                return _sized(context, without)
        report.add(error.stderr_tail or str(error))
        raise judged(error.failure, str(error)) from error


async def _with_rate(context: Context, file: Path, info: MediaInfo) -> MediaInfo:
    """Look at more packets if too few of them were pictures; what is known stays if that fails."""
    if not rate_is_unknown(info):
        return info
    with contextlib.suppress(ProbeFailedError):
        more = await probe_file(context, file, context.limits, _MORE_PACKETS)
        return info if rate_is_unknown(more) else more
    return info


def _sized(context: Context, info: MediaInfo) -> MediaInfo:
    """Return what was probed with the size of the whole source: it may be a part of it."""
    return replace(info, size=context.work.source_size)


def _cut(context: Context) -> bool:
    with (context.place / INPUT).open("rb") as file:
        return is_cut(file)


async def _pictured(context: Context, name: str, info: MediaInfo) -> MediaInfo:
    """Return a file with the size of its picture, also if this ffprobe cannot tell."""
    if not unseen(info):
        return info
    tools = context.tools
    attempt = partial(_attempt, context, context.place / name)
    return await measure.pictures(tools.ffmpeg, f"./{name}", info, context.limits, attempt)


async def _filled(context: Context, name: str, info: MediaInfo) -> MediaInfo:
    """Return a file without tracks in which there is nothing, unless there is nothing at all."""
    tools, limits, found = context.tools, context.limits, info
    attempt = partial(_attempt, context, context.place / name)
    end = time.monotonic() + limits.probe_timeout_s
    while (stream := doubtful(found)) is not None and (left := end - time.monotonic()) > 0:
        path, index = f"./{name}", stream.index
        lines = await measure.first_packet(tools.ffprobe, path, index, limits, attempt, left)
        if lines is None:
            return found
        if not lines and name != INPUT:
            raise TransientError("a track is empty as far as the file is at hand")
        found = met(found, stream, lines) if lines else without(found, stream)
    return found if found.video or found.audio else info


async def _measured(context: Context, name: str, info: MediaInfo) -> MediaInfo:
    """Return what a file is with what no header tells, as far as that is worth looking for."""
    tools, limits = context.tools, context.limits
    attempt = partial(_attempt, context, context.place / name)
    if info.video is not None and worth_measuring(info.video):
        later = later_places(info.duration) if name == INPUT else ()
        looks = await measure.fields(tools.ffmpeg, f"./{name}", info.video, limits, attempt, later)
        if name != INPUT and not looks[-1].telling:
            raise TransientError("the pictures at hand do not tell whether they are fields")
        info = replace(info, video=measured(info.video, looks))
    where = places(info) if name == INPUT else None
    if info.video is not None and where is not None:
        path, video = f"./{name}", info.video
        lines = await measure.keyframes(tools.ffprobe, path, video, where, limits, attempt)
        shapes = shapes_of(video, info.start_time, lines) if may_change(info) else ()
        video = all_of(largest(video, lines, limits), lines)
        info = replace(info, video=video, shapes=shapes)
    elif info.video is not None and info.video.pulldown:
        raise TransientError("a part of the file does not tell whether all of it is film")
    return info


async def _attempt(
    context: Context, file: Path, argv: list[str], patience: ProcessLimits
) -> Finished:
    policy = probe_policy(context.tools.sandbox, argv[0], file, patience.wall_seconds)
    spent = context.report.spent
    try:
        return await run(argv, cwd=file.parent, limits=patience, policy=policy, spent=spent)
    except FFmpegFailedError as error:
        return Finished(error.stdout, error.stderr_tail, patience.wall_seconds, whole=False)


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
