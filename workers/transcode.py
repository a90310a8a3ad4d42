"""The use case: inspect a source, plan, encode, and put the outputs where they belong.

FFmpeg begins while the bytes of the source arrive, where they lie in an order in which it can read
them. A file that is refused or fails so is fetched whole and tried anew: nobody is told that his
file is bad on the strength of a part of it, or of a way of reading that allows no going back.

Nothing here writes a state. What is returned becomes visible when the consumer commits it.
"""

import asyncio
import shlex
import shutil
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from core import log
from core.adapters.s3 import Storage
from core.errors import Failure, PermanentError, TransientError
from core.model.states import Stage
from core.tasks.claims import Claim, Outputs, RenditionRow
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
from workers.ffmpeg.standard_input import Feed
from workers.ffmpeg.whitelists import PIPE
from workers.media.info import MediaInfo
from workers.media.ladder import Ladder
from workers.media.limits import DEFAULT_LIMITS, Fault, Limits, Refusal, refuse
from workers.media.plan import POSTER_NAME, EncodePlan, plan
from workers.media.verify import WrongOutputError, check
from workers.outputs.send import send
from workers.runtime.concurrency import both, together
from workers.runtime.report import JobLog, Meter, describe_source
from workers.runtime.scratch import require
from workers.sandbox.sandbox import Sandbox
from workers.sandbox.work import encode_policy, probe_policy
from workers.sources.choose import WholeFile
from workers.sources.feed import feeder
from workers.sources.fetch import fetch
from workers.sources.look import look
from workers.sources.room import outputs_room, whole_file_room
from workers.sources.shape import DEFAULT_SHAPE, Pipe, Shape
from workers.transfer_limits import DEFAULT_PACE, Pace

_log = log.get(__name__)
_SAMPLE = "sample"
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
    shape: Shape = DEFAULT_SHAPE


# What a file can be blamed for, or nobody knows: all of it may tell otherwise.
_DOUBTFUL = frozenset({*map(str, Fault), diagnose.PROCESSING_GAVE_UP})

Describe = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]


async def transcode(
    tools: Tools,
    held: Claim,
    place: Path,
    meter: Meter,
    joblog: JobLog,
    describe: Describe,
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
    work = _Work(tools, held, place, meter, joblog, describe)
    meter.enter(Stage.FETCHING)
    found = await _look(tools, held, place / _SAMPLE, joblog)
    if isinstance(found, Pipe):
        try:
            return await _streamed(work, found)
        except (PermanentError, TransientError) as error:
            if error.failure.code not in _DOUBTFUL:
                raise
            joblog.add(f"{error}; once more, with the whole file")
            shutil.rmtree(place / _OUT, ignore_errors=True)
            meter.enter(Stage.FETCHING)
    return await _from_file(work)


@dataclass(frozen=True)
class _Work:
    """One attempt; see `transcode`."""

    tools: Tools
    held: Claim
    place: Path
    meter: Meter
    joblog: JobLog
    describe: Describe


async def _look(tools: Tools, held: Claim, sample: Path, joblog: JobLog) -> Pipe | WholeFile:
    if held.source_size < tools.shape.smallest:
        return WholeFile("it is small")
    found = await look(
        tools.storage,
        held,
        sample,
        connections=tools.connections,
        pace=tools.pace,
        shape=tools.shape,
    )
    if isinstance(found, WholeFile):
        joblog.add(f"to be fetched whole: {found.reason}")
    else:
        order = "index first" if found.rearranged else "as it is"
        joblog.add(f"to be read as it arrives: {found.kind}, {order}")
    return found


async def _from_file(work: _Work) -> Outputs:
    """Fetch the source, and then work on it."""
    tools, place = work.tools, work.place
    require(place, whole_file_room(work.held.source_size))
    await fetch(
        tools.storage,
        work.held,
        place / _INPUT,
        connections=tools.connections,
        on_fraction=work.meter.at,
        pace=tools.pace,
    )
    work.joblog.add(f"fetched {work.held.source_size} bytes")
    work.meter.enter(Stage.INSPECTING)
    info = await _inspect(tools, place / _INPUT, work.joblog)
    return await _make(work, info, plan(info, tools.ladder), None)


async def _streamed(work: _Work, found: Pipe) -> Outputs:
    """Work on the source while its bytes arrive."""
    tools = work.tools
    work.meter.enter(Stage.INSPECTING)
    info = await _inspect(tools, work.place / _SAMPLE, work.joblog)
    (work.place / _SAMPLE).unlink()
    decided = plan(info, tools.ladder)
    require(work.place, outputs_room(decided, work.held.source_size))
    feed = feeder(
        tools.storage, work.held, found.stream, connections=tools.connections, pace=tools.pace
    )
    return await _make(work, info, decided, feed)


async def _make(work: _Work, info: MediaInfo, decided: EncodePlan, feed: Feed | None) -> Outputs:
    work.meter.enter(Stage.ENCODING)
    # The facts are told while FFmpeg works.
    telling = work.describe(describe_source(info, decided))
    encoding = _encode(work.tools, decided, work.place, work.meter, work.joblog, feed)
    _, damaged = await both(telling, encoding)
    work.meter.enter(Stage.PUBLISHING)
    out = work.place / _OUT
    return await _publish(work.tools, work.held, decided, out, damaged, work.joblog)


async def _inspect(tools: Tools, file: Path, joblog: JobLog) -> MediaInfo:
    try:
        policy = probe_policy(tools.sandbox, tools.ffprobe, file, tools.limits)
        info = await probe(
            tools.ffprobe, f"./{file.name}", cwd=file.parent, limits=tools.limits, policy=policy
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
    tools: Tools,
    decided: EncodePlan,
    place: Path,
    meter: Meter,
    joblog: JobLog,
    feed: Feed | None = None,
) -> bool:
    """Run FFmpeg on the file, or on what it is fed; return whether it complained of broken data."""
    (place / _OUT).mkdir()
    source = PIPE if feed is not None else f"./{_INPUT}"
    argv = encode_command(tools.ffmpeg, decided, source, _OUT, tools.capabilities, tools.limits)
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
        tools.sandbox,
        tools.ffmpeg,
        decided,
        place / _INPUT if feed is None else None,
        place / _OUT,
        tools.limits,
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
            feed=feed,
        )
    except (StallError, TimeLimitError) as error:
        joblog.add(error.stderr_tail)
        raise TransientError(str(error), _TIMEOUT) from error
    except FFmpegFailedError as error:
        joblog.add(f"exit status {error.status}\n{error.stderr_tail}")
        raise _judged(diagnose.diagnose(error.status, error.stderr_tail), str(error)) from error
    joblog.add(f"encoded in {finished.wall_seconds:.2f} s\n{finished.stderr_tail}")
    if feed is not None and diagnose.has_lost_its_place(finished.stderr_tail):
        raise TransientError("FFmpeg may have missed something that it could not go back to")
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

    async def sent_one(file: Path, content_type: str) -> int:
        key = held.prefix + file.name
        return await send(tools.storage, file, key, content_type, gate, tools.pace)

    async def checked() -> dict[str, MediaInfo]:
        found = await together(_probe_output(tools, file) for file in files)
        outputs = dict(zip(names, found, strict=True))
        _check(decided, outputs, damaged, tools.limits)
        return outputs

    async def sent() -> list[int]:
        sending = [sent_one(file, "video/mp4") for file in files]
        return await together([*sending, *([sent_one(poster, "image/jpeg")] if has_poster else [])])

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
