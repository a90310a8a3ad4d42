"""The use case: fetch a source, inspect it, plan, encode, and put the outputs where they belong.

Nothing here writes a state. What is returned becomes visible when the consumer commits it.
"""

import asyncio
import shlex
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core import log
from core.adapters.s3 import Storage
from core.errors import Failure, PermanentError, TransientError
from core.model.states import Stage
from core.tasks.claims import Claim, Outputs, RenditionRow
from workers import transfer
from workers.ffmpeg import diagnose
from workers.ffmpeg.capabilities import Capabilities
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.probe import ProbeFailedError, probe
from workers.ffmpeg.process import (
    FFmpegFailedError,
    ProcessLimits,
    StallError,
    TimeLimitError,
    run,
)
from workers.ffmpeg.progress import Progress, RemainingTime, percent
from workers.media.info import MediaInfo
from workers.media.ladder import Ladder
from workers.media.limits import DEFAULT_LIMITS, Limits, Refusal, refuse
from workers.media.plan import POSTER_NAME, EncodePlan, plan
from workers.media.verify import WrongOutputError, check
from workers.runtime.concurrency import both, together
from workers.runtime.report import JobLog, Meter, describe_source
from workers.sandbox.sandbox import Sandbox
from workers.sandbox.work import encode_policy, probe_policy
from workers.transfer_limits import DEFAULT_PACE, Pace

_log = log.get(__name__)
_INPUT = "input"  # without an extension: a name alone opens some demuxers
_OUT = "out"
_SENDING = 4
_TIMEOUT = Failure(
    diagnose.PROCESSING_TIMEOUT,
    "Processing took too long and was stopped. Try again, or upload a shorter or smaller film.",
    retryable=True,
)


@dataclass(frozen=True)
class Tools:
    """What every attempt needs."""

    storage: Storage
    ffmpeg: str
    ffprobe: str
    capabilities: Capabilities
    ladder: Ladder
    limits: Limits
    connections: int
    sandbox: Sandbox
    pace: Pace = DEFAULT_PACE


async def transcode(
    tools: Tools,
    held: Claim,
    place: Path,
    meter: Meter,
    joblog: JobLog,
    describe: Callable[[dict[str, Any]], Coroutine[Any, Any, None]],
) -> Outputs:
    """Make the renditions of a video.

    Args:
        tools: adapters and programs.
        held: the claim that is worked on.
        place: an empty directory.
        meter: is told how far it is.
        joblog: is told what happened.
        describe: called with what the inspection found.

    Raises:
        PermanentError: the source is at fault.
        TransientError: trying again may help.
        Unavailable: the store does not answer.
    """
    meter.enter(Stage.FETCHING)
    await transfer.fetch(
        tools.storage,
        held,
        place / _INPUT,
        connections=tools.connections,
        on_fraction=meter.at,
        pace=tools.pace,
    )
    joblog.add(f"fetched {held.source_size} bytes")
    meter.enter(Stage.INSPECTING)
    info = await _inspect(tools, place, joblog)
    decided = plan(info, tools.ladder)
    meter.enter(Stage.ENCODING)
    # The facts are told while FFmpeg works.
    telling = describe(describe_source(info, decided))
    _, damaged = await both(telling, _encode(tools, decided, place, meter, joblog))
    meter.enter(Stage.PUBLISHING)
    return await _publish(tools, held, decided, place / _OUT, damaged, joblog)


async def _inspect(tools: Tools, place: Path, joblog: JobLog) -> MediaInfo:
    try:
        policy = probe_policy(tools.sandbox, tools.ffprobe, place / _INPUT, tools.limits)
        info = await probe(
            tools.ffprobe, f"./{_INPUT}", cwd=place, limits=tools.limits, policy=policy
        )
    except ProbeFailedError as error:
        joblog.add(error.stderr_tail or str(error))
        raise _judged(error.failure, str(error)) from error
    refusal = refuse(info, tools.limits)
    if refusal is not None:
        joblog.add(f"refused: {refusal.code}")
        raise PermanentError(_blamed(refusal))
    return info


async def _encode(
    tools: Tools, decided: EncodePlan, place: Path, meter: Meter, joblog: JobLog
) -> bool:
    """Run FFmpeg; return whether it complained of broken data."""
    (place / _OUT).mkdir()
    argv = encode_command(
        tools.ffmpeg, decided, f"./{_INPUT}", _OUT, tools.capabilities, tools.limits
    )
    joblog.add(shlex.join(["ffmpeg", *argv[1:]]))
    remaining = RemainingTime(decided.total_duration)

    def on_progress(report: Progress) -> None:
        done = percent(report, decided)
        eta = remaining.update(report)
        if done is not None:
            meter.at(done / 100, eta)

    limits = ProcessLimits(
        stall_seconds=tools.limits.stall_seconds,
        wall_seconds=tools.limits.wall_seconds(decided.total_duration),
    )
    policy = encode_policy(
        tools.sandbox, tools.ffmpeg, decided, place / _INPUT, place / _OUT, tools.limits
    )
    _log.info("ffmpeg_started", renditions=[item.name for item in decided.renditions])
    try:
        finished = await run(
            argv,
            cwd=place,
            on_progress=on_progress,
            outputs=place / _OUT,
            limits=limits,
            policy=policy,
        )
    except (StallError, TimeLimitError) as error:
        joblog.add(error.stderr_tail)
        raise TransientError(str(error), _TIMEOUT) from error
    except FFmpegFailedError as error:
        joblog.add(f"exit status {error.status}\n{error.stderr_tail}")
        raise _judged(diagnose.diagnose(error.status, error.stderr_tail), str(error)) from error
    joblog.add(f"encoded in {finished.wall_seconds:.2f} s\n{finished.stderr_tail}")
    return diagnose.is_damaged(finished.stderr_tail)


async def _publish(
    tools: Tools, held: Claim, decided: EncodePlan, out: Path, damaged: bool, joblog: JobLog
) -> Outputs:
    """Check the outputs and upload them side by side: nobody can see them before the commit."""
    gate = asyncio.Semaphore(_SENDING)
    names = [item.name for item in decided.renditions]
    files = [out / item.file_name for item in decided.renditions]
    poster = out / POSTER_NAME
    has_poster = poster.exists() and poster.stat().st_size > 0

    async def send(file: Path, content_type: str) -> int:
        key = held.prefix + file.name
        return await transfer.send(tools.storage, file, key, content_type, gate, tools.pace)

    async def checked() -> dict[str, MediaInfo]:
        found = await together(_probe_output(tools, file) for file in files)
        outputs = dict(zip(names, found, strict=True))
        _check(decided, outputs, damaged, tools.limits)
        return outputs

    async def sent() -> list[int]:
        sending = [send(file, "video/mp4") for file in files]
        return await together([*sending, *([send(poster, "image/jpeg")] if has_poster else [])])

    outputs, sizes = await both(checked(), sent())
    joblog.add(f"stored {sum(sizes)} bytes")
    rows = tuple(
        _row(held, item.file_name, item.name, outputs[item.name], size)
        for item, size in zip(decided.renditions, sizes, strict=False)
    )
    made = Outputs(renditions=rows)
    if has_poster:
        made = replace(made, poster_key=held.prefix + POSTER_NAME, poster_size=sizes[-1])
    return made


async def _probe_output(tools: Tools, file: Path) -> MediaInfo:
    try:
        policy = probe_policy(tools.sandbox, tools.ffprobe, file, tools.limits)
        # What is taken says nothing of what we make; patience is the same.
        limits = replace(DEFAULT_LIMITS, probe_seconds=tools.limits.probe_seconds)
        return await probe(
            tools.ffprobe, f"./{file.name}", cwd=file.parent, limits=limits, policy=policy
        )
    except ProbeFailedError as error:
        # We made this file: whatever is wrong with it, its reader is not at fault.
        raise TransientError(f"{file.name} cannot be read: {error}") from error


def _check(
    decided: EncodePlan, outputs: dict[str, MediaInfo], damaged: bool, limits: Limits
) -> None:
    try:
        refusal = check(decided, outputs, damaged=damaged, limits=limits)
    except WrongOutputError as error:
        raise TransientError(str(error)) from error
    if refusal is not None:
        raise PermanentError(_blamed(refusal))


def _row(held: Claim, file_name: str, name: str, made: MediaInfo, size: int) -> RenditionRow:
    video = made.video
    assert video is not None  # `check` saw it
    duration = made.duration or video.duration or 0.0
    return RenditionRow(
        name=name,
        s3_key=held.prefix + file_name,
        width=video.width,
        height=video.height,
        size=size,
        duration=round(duration, 3),
        bitrate=round(size * 8 / duration) if duration else 0,
        video_codec=video.codec,
        audio_codec=made.audio[0].codec if made.audio else None,
    )


def _blamed(refusal: Refusal) -> Failure:
    return Failure(str(refusal.code), refusal.message, retryable=False)


def _judged(found: diagnose.Failure, message: str) -> PermanentError | TransientError:
    failure = Failure(found.code, found.message, retryable=not found.input_fault)
    if found.input_fault:
        return PermanentError(failure)
    return TransientError(message, failure, charge=found.charge)
