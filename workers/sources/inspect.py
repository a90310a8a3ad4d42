"""What a source is: by its header, by its first pictures, and by what is measured."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from core.errors import Failure, PermanentError, TransientError
from core.model.states import Stage
from workers.context import Context
from workers.ffmpeg import measure
from workers.ffmpeg.diagnose import DISK_FULL
from workers.ffmpeg.probe import ProbeFailedError, probe
from workers.ffmpeg.process import FFmpegFailedError, Finished, ProcessLimits, run
from workers.media.fields import worth_measuring
from workers.media.info import MediaInfo
from workers.media.limits import Limits, believed, refuse
from workers.media.shapes import may_change
from workers.media.stills import unseen
from workers.sandbox.policies import probe_policy
from workers.sources.read import INPUT

_PACKETS = 40  # that are decoded to see what a film is; about half of them are pictures


async def inspected(context: Context, name: str) -> MediaInfo:
    """Return what a file of the attempt's directory is; raises what says that it is refused."""
    limits, report = context.limits, context.report
    context.report.enter(Stage.INSPECTING)
    try:
        info = await probe_file(context, context.place / name, limits, _PACKETS)
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
