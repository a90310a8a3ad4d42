"""Transcode: makes the MP4 renditions of a video or of sound alone, and the poster.

`inspect` looks at the source and writes the plan; `encode` carries it out.
"""

import asyncio
import shlex
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from core import log
from core.errors import Failure, PermanentError, TransientError
from core.model.failure_codes import FailureCode
from core.model.notes import Note, as_json
from core.model.states import AssetKind, Stage
from core.tasks.planning import Inspection, NewTask
from core.tasks.settle import NewAsset
from workers.context import Context, Outputs
from workers.ffmpeg import diagnose
from workers.ffmpeg.audio_command import audio_command
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.probe import ProbeFailedError
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, StallError, TimeLimitError, run
from workers.ffmpeg.progress import Progress, fraction_done, seconds_left
from workers.ffmpeg.standard_input import Feed
from workers.ffmpeg.whitelists import PIPE
from workers.formats.shape import Pipe
from workers.media.audio_plan import AudioPlan, plan_audio
from workers.media.info import MediaInfo
from workers.media.limits import Limits
from workers.media.notes import done_of, left_out
from workers.media.plan import POSTER_NAME, EncodePlan, held, plan
from workers.media.verify import check, outlasted
from workers.operations.unread import complaint_of, unread
from workers.outputs.follow import follow, front_of
from workers.outputs.mp4 import index_room
from workers.outputs.send import send
from workers.outputs.upload import Upload
from workers.runtime.concurrency import together
from workers.runtime.scratch import outputs_room, require
from workers.sandbox.policies import encode_policy
from workers.sources.feed import feeder
from workers.sources.inspect import inspected, judged, probe_file
from workers.sources.read import INPUT, OUT, SAMPLE, either_way

_log = log.get(__name__)
_SENDING = 4
# In the spec of `encode`: a part of the source was inspected; the warnings of what is left out.
_OF_SAMPLE, _DROPPED = "of_sample", "dropped"
_Plan = EncodePlan | AudioPlan
_PLAN: TypeAdapter[_Plan] = TypeAdapter(Annotated[_Plan, Field(union_mode="left_to_right")])
_TIMEOUT = Failure(
    FailureCode.PROCESSING_TIMEOUT,
    "Processing took too long. Try again, or upload a shorter or smaller video.",
    retryable=True,
)


class _PictureEndsError(TransientError):
    """The sound goes on without a picture, for `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"the picture ends {seconds:.2f} s before the sound")


async def inspect(context: Context) -> Inspection:
    """Look at the source and plan what to make of it."""

    async def of_sample(_found: Pipe) -> MediaInfo:
        info = await inspected(context, SAMPLE)
        if info.video is None:
            raise TransientError("a picture may come later")
        return info

    info = await either_way(context, of_sample, lambda: inspected(context, INPUT))
    decided = _decide(context, info)
    spec = {_OF_SAMPLE: isinstance(context.way, Pipe), _DROPPED: _dropped(info, decided)}
    return Inspection(tasks=(NewTask("encode", "encode", spec),), **_facts(decided, info.duration))


async def encode(context: Context) -> Outputs:
    """Make the renditions, check them, and put them where they belong."""
    decided = _planned(context)
    dropped = context.work.spec.get(_DROPPED, [])

    async def streamed(found: Pipe) -> Outputs:
        (context.place / SAMPLE).unlink(missing_ok=True)  # its room is the outputs'
        await require(context.place, outputs_room(context.work.source_size))
        return await _make(context, decided, dropped, feeder(context.source, found.stream))

    async def from_file() -> Outputs:
        if not context.work.spec.get(_OF_SAMPLE):
            return await _hold_and_make(context, decided, dropped)
        # The plan knows a part of the file. All of it may be refused, or be otherwise.
        info = await inspected(context, INPUT)
        better = _decide(context, info)
        made = await _hold_and_make(context, better, _dropped(info, better))
        return replace(made, facts={**made.facts, **_facts(better, info.duration)})

    return await either_way(context, streamed, from_file)


def _decide(context: Context, info: MediaInfo) -> _Plan:
    return (plan_audio if info.video is None else plan)(info, context.tools.ladder)


def _dropped(info: MediaInfo, decided: _Plan) -> list[dict[str, str]]:
    return [asdict(note) for note in left_out(info, decided)]


async def _hold_and_make(
    context: Context, decided: _Plan, dropped: list[dict[str, str]]
) -> Outputs:
    """Make it of the whole file; once more, if the picture ends long before the sound."""
    try:
        return await _make(context, decided, dropped, None)
    except _PictureEndsError as short:
        assert isinstance(decided, EncodePlan)
        context.report.add(f"{short}; once more, with the last one held")
        await asyncio.to_thread(shutil.rmtree, context.place / OUT)
        longer = held(decided, short.seconds)
        return await _make(context, longer, dropped, None, last=True)


def _facts(decided: _Plan, duration: float | None) -> dict[str, dict[str, Any]]:
    """Return the plan as JSON, and of the source what people read.

    That is in seconds, upright square pixels, frames a second.
    """
    source_media: dict[str, Any] = {
        "duration": None if duration is None else round(duration, 3),
        "audio_codec": decided.audio.codec if decided.audio else None,
    }
    if isinstance(decided, EncodePlan):
        video = decided.video
        source_media |= {
            "width": video.display_width,
            "height": video.display_height,
            "video_codec": video.codec,
            "frame_rate": round(float(video.avg_frame_rate or decided.frame_rate), 3),
        }
    return {"plan": _PLAN.dump_python(decided, mode="json"), "source_media": source_media}


def _planned(context: Context) -> _Plan:
    """Return the job's plan; one of a newer release is left to a worker that can read it."""
    try:
        return _PLAN.validate_python(context.work.plan)
    except ValidationError as error:
        raise TransientError(f"this worker cannot read the plan: {error}", charge=False) from error


async def _make(
    context: Context,
    decided: _Plan,
    dropped: list[dict[str, str]],
    feed: Feed | None,
    *,
    last: bool = False,
) -> Outputs:
    """Encode, have the outputs sent meanwhile, and make objects of them once they were checked.

    `dropped` are the warnings of what the plan leaves out. The `last` time it is taken as it comes;
    else a picture that ends before the sound is raised.
    """
    tools, prefix, out = context.tools, context.work.prefix, context.place / OUT
    gate = asyncio.Semaphore(_SENDING)
    ahead = index_room(decided.frame_count or 0, decided.total_duration or 0)
    if decided.frame_count is None:
        ahead += context.work.source_size // 100  # its length is not known; its size is
    content_type = "video/mp4" if isinstance(decided, EncodePlan) else "audio/mp4"
    uploads = [
        Upload(tools.storage, out / name, prefix + name, content_type, gate, tools.pace, ahead)
        for name in (item.file_name for item in decided.renditions)
    ]
    try:
        context.report.enter(Stage.ENCODING)
        words = await _encode(context, decided, feed, uploads)
        context.report.enter(Stage.PUBLISHING)
        guessed = isinstance(decided, AudioPlan) and diagnose.guesses_length(words)
        if guessed:
            decided = replace(decided, total_duration=None)
        assets, warnings = await _complete(context, decided, words, uploads, last=last)
        notes = as_json(done_of(decided, resized=diagnose.changes_size(words)), warnings)
        told = {"notes": {**notes, "warnings": [*notes["warnings"], *dropped]}}
        known = _facts(decided, assets[0].duration) if guessed else {}
        return Outputs(assets, {**told, **known})
    finally:
        await together(upload.close() for upload in uploads)


async def _encode(
    context: Context, decided: _Plan, feed: Feed | None, uploads: Sequence[Upload]
) -> str:
    """Run FFmpeg on the file, or on what it is fed; return its last words."""
    tools, place, report = context.tools, context.place, context.report
    (place / OUT).mkdir()
    source = PIPE if feed is not None else f"./{INPUT}"
    argv = _command(context, decided, source)
    report.add(shlex.join(["ffmpeg", *argv[1:]]))
    began = time.monotonic()

    def on_progress(progress: Progress) -> None:
        done = fraction_done(progress, decided)
        if done is not None:
            report.at(done, seconds_left(done, time.monotonic() - began))

    limits = ProcessLimits(
        stall_seconds=tools.limits.stall_timeout_s,
        wall_seconds=tools.limits.wall_seconds(decided.total_duration),
    )
    policy = encode_policy(
        tools.sandbox,
        tools.ffmpeg,
        decided,
        place / INPUT if feed is None else None,
        place / OUT,
        tools.limits,
    )
    _log.info("ffmpeg_started", renditions=[item.name for item in decided.renditions])
    try:
        finished = await run(
            argv,
            cwd=place,
            on_progress=on_progress,
            outputs=place / OUT,
            limits=limits,
            policy=policy,
            feed=feed,
            spent=report.spent,
            beside=partial(follow, uploads),
        )
    except (StallError, TimeLimitError) as error:
        report.add(error.stderr_tail)
        raise TransientError(str(error), _TIMEOUT) from error
    except FFmpegFailedError as error:
        report.add(f"exit status {error.status}\n{error.stderr_tail}")
        raise judged(diagnose.diagnose(error.status, error.stderr_tail), str(error)) from error
    words = finished.stderr_tail
    report.add(f"encoded in {finished.wall_seconds:.2f} s\n{words}")
    if feed is not None and diagnose.has_lost_its_place(words):
        raise TransientError("FFmpeg may have missed something that it could not go back to")
    if feed is not None and diagnose.complaint(words) is not None:
        raise TransientError("FFmpeg complained of what it read, or of how")
    return words


def _command(context: Context, decided: _Plan, source: str) -> list[str]:
    tools, limits = context.tools, context.limits
    if isinstance(decided, AudioPlan):
        return audio_command(tools.ffmpeg, decided, source, OUT, limits)
    return encode_command(tools.ffmpeg, decided, source, OUT, tools.capabilities, limits)


async def _complete(
    context: Context,
    decided: _Plan,
    words: str,
    uploads: Sequence[Upload],
    *,
    last: bool,
) -> tuple[tuple[NewAsset, ...], tuple[Note, ...]]:
    """Check the outputs while the rest of them is sent; then they become objects.

    `words` are the last ones of FFmpeg.

    Returns:
        The objects, and the warnings of what could not be read.
    """
    prefix, names = context.work.prefix, [item.name for item in decided.renditions]
    # One after the other: the index of a long video is large, and is in memory meanwhile.
    fronts = [await front_of(upload) for upload in uploads]
    outputs: dict[str, MediaInfo] = {}

    async def checked() -> tuple[Note, ...]:
        found = await together(_probe_output(context, front.path) for front in fronts)
        outputs.update(zip(names, found, strict=True))
        complaint = await complaint_of(context, decided, outputs, words)
        refusal = check(decided, outputs, complaint=complaint, limits=context.tools.limits)
        if refusal is not None:
            raise PermanentError(refusal)
        short = 0.0 if last or isinstance(decided, AudioPlan) else outlasted(decided, outputs)
        if short:
            raise _PictureEndsError(short)
        if complaint is None:
            return ()
        return await unread(context, decided, outputs, words, complaint)

    async def sent() -> tuple[Note, ...]:
        await together(map(Upload.finish, uploads, fronts))
        return ()

    warnings, _ = await together([checked(), sent()])
    *sizes, poster_size = await together(
        [*(upload.complete() for upload in uploads), _send_poster(context)]
    )
    context.report.add(f"stored {sum(sizes) + poster_size} bytes")
    assets = [
        _file(prefix + upload.path.name, name, outputs[name], size)
        for upload, name, size in zip(uploads, names, sizes, strict=True)
    ]
    if poster_size:
        assets.append(NewAsset(AssetKind.POSTER, "poster", prefix + POSTER_NAME, poster_size))
    return tuple(assets), warnings


async def _send_poster(context: Context) -> int:
    """Send the poster if there is one; return its size in bytes."""
    poster, key = context.place / OUT / POSTER_NAME, context.work.prefix + POSTER_NAME
    size = poster.stat().st_size if poster.exists() else 0
    if size:
        tools = context.tools
        await send(tools.storage, poster, size, key, "image/jpeg", tools.pace)
    return size


async def _probe_output(context: Context, file: Path) -> MediaInfo:
    # What is taken says nothing of what we make; patience is the same.
    limits = Limits(probe_timeout_s=context.tools.limits.probe_timeout_s)
    try:
        return await probe_file(context, file, limits)
    except ProbeFailedError as error:
        # We made this file: whatever is wrong with it, its reader is not at fault.
        raise TransientError(f"{file.name} cannot be read: {error}") from error


def _file(key: str, name: str, made: MediaInfo, size: int) -> NewAsset:
    video = made.video
    duration = made.duration or (video.duration if video else None) or 0.0
    return NewAsset(
        AssetKind.FILE,
        name,
        key,
        size,
        width=video.width if video else None,
        height=video.height if video else None,
        duration=round(duration, 3),
        bitrate=round(size * 8 / duration) if duration else 0,
        video_codec=video.codec if video else None,
        audio_codec=made.audio[0].codec if made.audio else None,
    )
