"""Transcode: the renditions of a video that anybody can play, and its poster.

`inspect` looks at the source and decides; `encode` carries out what was decided.
"""

import asyncio
import shlex
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter

from core import log
from core.errors import Failure, PermanentError, TransientError
from core.model.states import AssetKind, Stage
from core.tasks.settle import NewAsset, NewTask, Plan
from workers import transfer
from workers.ffmpeg import diagnose
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
from workers.media.limits import DEFAULT_LIMITS, Limits, Refusal, refuse
from workers.media.plan import POSTER_NAME, EncodePlan, plan
from workers.media.verify import WrongOutputError, check
from workers.operations.context import Context, Operation
from workers.runtime.concurrency import both, together
from workers.runtime.report import describe_source
from workers.sandbox.work import encode_policy, probe_policy
from workers.tools import Tools

_log = log.get(__name__)
_INPUT = "input"  # without an extension: a name alone opens some demuxers
_ARRIVING = "arriving"
_OUT = "out"
_SENDING = 4
_PLAN: TypeAdapter[EncodePlan] = TypeAdapter(EncodePlan)
_TIMEOUT = Failure(
    diagnose.PROCESSING_TIMEOUT,
    "Processing took too long and was stopped. Try again, or upload a shorter or smaller film.",
    retryable=True,
)


async def inspect(context: Context) -> Plan:
    """Look at the source and decide what is made of it."""
    await _fetch(context)
    context.meter.enter(Stage.INSPECTING)
    info = await _inspect(context)
    decided = plan(info, context.tools.ladder)
    return Plan(
        plan=_PLAN.dump_python(decided, mode="json"),
        tasks=(NewTask("encode", "encode"),),
        source_media=describe_source(info, decided),
    )


async def encode(context: Context) -> tuple[NewAsset, ...]:
    """Make the renditions, check them, and put them where they belong."""
    decided = _PLAN.validate_python(context.work.plan)
    await _fetch(context)
    context.meter.enter(Stage.ENCODING)
    damaged = await _encode(context, decided)
    context.meter.enter(Stage.PUBLISHING)
    return await _publish(context, decided, damaged)


OPERATION = Operation("transcode", {"inspect": inspect, "encode": encode})


async def _fetch(context: Context) -> None:
    """Have the whole source at hand, unless it is."""
    place = context.place
    if (place / _INPUT).exists():
        return
    context.meter.enter(Stage.FETCHING)
    await transfer.fetch(
        context.tools.storage,
        context.work,
        place / _ARRIVING,
        connections=context.tools.connections,
        on_fraction=context.meter.at,
        pace=context.tools.pace,
    )
    (place / _ARRIVING).rename(place / _INPUT)
    context.joblog.add(f"fetched {context.work.source_size} bytes")


async def _inspect(context: Context) -> MediaInfo:
    tools, place, joblog = context.tools, context.place, context.joblog
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


async def _encode(context: Context, decided: EncodePlan) -> bool:
    """Run FFmpeg; return whether it complained of broken data."""
    tools, place, joblog = context.tools, context.place, context.joblog
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
            context.meter.at(done / 100, eta)

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


async def _publish(context: Context, decided: EncodePlan, damaged: bool) -> tuple[NewAsset, ...]:
    """Check the outputs and upload them side by side: nobody can see them before the commit."""
    tools, prefix, out = context.tools, context.work.prefix, context.place / _OUT
    gate = asyncio.Semaphore(_SENDING)
    names = [item.name for item in decided.renditions]
    files = [out / item.file_name for item in decided.renditions]
    poster = out / POSTER_NAME
    has_poster = poster.exists() and poster.stat().st_size > 0

    async def send(file: Path, content_type: str) -> int:
        return await transfer.send(
            tools.storage, file, prefix + file.name, content_type, gate, tools.pace
        )

    async def checked() -> dict[str, MediaInfo]:
        found = await together(_probe_output(tools, file) for file in files)
        outputs = dict(zip(names, found, strict=True))
        _check(decided, outputs, damaged, tools.limits)
        return outputs

    async def sent() -> list[int]:
        sending = [send(file, "video/mp4") for file in files]
        return await together([*sending, *([send(poster, "image/jpeg")] if has_poster else [])])

    outputs, sizes = await both(checked(), sent())
    context.joblog.add(f"stored {sum(sizes)} bytes")
    assets = [
        _file(prefix + item.file_name, item.name, outputs[item.name], size)
        for item, size in zip(decided.renditions, sizes, strict=False)
    ]
    if has_poster:
        assets.append(NewAsset(AssetKind.POSTER, "poster", prefix + POSTER_NAME, sizes[-1]))
    return tuple(assets)


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


def _file(key: str, name: str, made: MediaInfo, size: int) -> NewAsset:
    video = made.video
    assert video is not None  # `check` saw it
    duration = made.duration or video.duration or 0.0
    return NewAsset(
        AssetKind.FILE,
        name,
        key,
        size,
        width=video.width,
        height=video.height,
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
