"""The tasks of a transcode: `inspect` looks at the source and plans, `encode` carries that out."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from core.errors import PermanentError, TransientError
from core.model.notes import Note, as_json
from core.model.states import Stage
from core.tasks.planning import Inspection, NewTask
from workers.context import Context, Outputs
from workers.ffmpeg import diagnose
from workers.ffmpeg.sound import LOUDNESS_NAME
from workers.ffmpeg.standard_input import Feed
from workers.formats.shape import Pipe
from workers.media.audio_plan import AudioPlan, plan_audio
from workers.media.info import MediaInfo
from workers.media.less import with_less, with_less_text
from workers.media.loudness import loudness_of
from workers.media.notes import (
    begun_late,
    done_of,
    left_out,
    not_streamed,
    nothing_heard,
)
from workers.media.plan import EncodePlan, held, plan
from workers.media.sounds import with_sounds
from workers.media.tracks import codecs_of, completes, needed, tracks_of
from workers.media.without_strays import has_strays, without_strays
from workers.operations.transcode.completing import EndsApartError, completed
from workers.operations.transcode.encoding import TooMuchTextError, encoded, failed_by_itself
from workers.operations.transcode.joining import files_joined
from workers.operations.transcode.leading import leading
from workers.operations.transcode.packable import with_packaged
from workers.operations.transcode.packaging import beside_packaging
from workers.operations.transcode.straying import StraysError
from workers.operations.transcode.texts import texts_made
from workers.outputs.mp4 import index_room
from workers.outputs.stream import GivenUpError, Stream
from workers.outputs.upload import Upload
from workers.runtime.concurrency import together
from workers.runtime.scratch import outputs_room, require
from workers.sources.feed import feeder
from workers.sources.inspect import MOST_REACH, inspected
from workers.sources.read import INPUT, OUT, SAMPLE, either_way

_SENDING = 4
# How much further than to where a stream begins a file is read to know it, in bytes: it is what
# FFmpeg looks at by itself.
_REACH_BEYOND = 5_000_000
# In the spec of `encode`: a part of the source was inspected; the warnings of what is left out.
_OF_SAMPLE, _DROPPED = "of_sample", "dropped"
_METER_BYTES = 2000  # what the meter of loudness writes at a time is shorter
_Plan = EncodePlan | AudioPlan
_PLAN: TypeAdapter[_Plan] = TypeAdapter(Annotated[_Plan, Field(union_mode="left_to_right")])


class _OtherStreamsError(TransientError):
    """Better streams begin late in the file: `decided` is the plan with them, of `info`."""

    def __init__(self, info: MediaInfo, decided: _Plan) -> None:
        self.info, self.decided = info, decided
        super().__init__("other streams begin later in the file")


async def inspect(context: Context) -> Inspection:
    """Look at the source and plan what to make of it."""

    async def of_sample(_found: Pipe) -> MediaInfo:
        info = await inspected(context, SAMPLE)
        if info.video is None:
            raise TransientError("a picture may come later")
        return info

    info = await either_way(context, of_sample, lambda: inspected(context, INPUT))
    name = SAMPLE if isinstance(context.way, Pipe) else INPUT
    decided = await with_packaged(context, name, info, _decide(context, info))
    spec = {_OF_SAMPLE: isinstance(context.way, Pipe), _DROPPED: _dropped(info, decided)}
    return Inspection(tasks=(NewTask("encode", "encode", spec),), **_facts(decided, info.duration))


async def encode(context: Context) -> Outputs:
    """Make the renditions, check them, and put them where they belong."""
    return await beside_packaging(context, _planned(context), partial(_encode, context))


async def _encode(context: Context, decided: _Plan) -> Outputs:
    dropped = context.work.spec.get(_DROPPED, [])

    async def streamed(found: Pipe) -> Outputs:
        (context.place / SAMPLE).unlink(missing_ok=True)  # its room is the outputs'
        await require(context.place, outputs_room(context.work.source_size))
        return await _make(context, decided, dropped, feeder(context.source, found.stream))

    async def from_file() -> Outputs:
        if not (context.work.spec.get(_OF_SAMPLE) or context.reach):
            return await _make_of_file(context, decided, dropped)
        # The plan knows a part of the file. All of it may be refused, or be otherwise.
        info = await inspected(context, INPUT)
        return await _make_anew(context, info, _decide(context, info))

    return await either_way(context, streamed, from_file)


def _decide(context: Context, info: MediaInfo) -> _Plan:
    ladder = context.tools.ladder
    if info.video is None:
        return with_sounds(plan_audio(info, ladder), info, ladder)
    return with_sounds(plan(info, ladder), info, ladder)


def _dropped(info: MediaInfo, decided: _Plan) -> list[dict[str, str]]:
    return [asdict(note) for note in left_out(info, decided)]


async def _make_of_file(context: Context, decided: _Plan, dropped: list[dict[str, str]]) -> Outputs:
    """Make it of the whole file; if FFmpeg fails, once more without what nobody needs."""
    try:
        return await _make_with_late(context, decided, dropped)
    except (PermanentError, TransientError) as error:
        less = with_less(decided) if failed_by_itself(error) else None
        if less is None:
            raise
        context.report.add(f"{error}; once more, {less.how}")
        await asyncio.to_thread(shutil.rmtree, context.place / OUT)
        return await _make_of_file(context, less.plan, [*dropped, *map(asdict, less.notes)])


async def _make_with_late(
    context: Context, decided: _Plan, dropped: list[dict[str, str]]
) -> Outputs:
    """Make it of the whole file; by another plan, if streams that are better begin late in it."""
    try:
        return await _make_in_order(context, decided, dropped)
    except _OtherStreamsError as other:
        context.report.add(f"{other}; once more, with them")
        await asyncio.to_thread(shutil.rmtree, context.place / OUT)
        return await _make_anew(context, other.info, other.decided)


async def _make_anew(context: Context, info: MediaInfo, decided: _Plan) -> Outputs:
    """Make it of the whole file by a new plan, and say which."""
    if context.packaging is not None:
        await context.packaging.drop("the file is otherwise than it seemed")
    made = await _make_of_file(context, decided, _dropped(info, decided))
    return replace(made, facts={**_facts(decided, info.duration), **made.facts})


async def _make_in_order(
    context: Context, decided: _Plan, dropped: list[dict[str, str]]
) -> Outputs:
    """Make it of the whole file; once more, without frames whose times turn out to be broken."""
    try:
        return await _hold_and_make(context, decided, dropped)
    except StraysError as error:
        if context.packaging is not None and not context.packaging.refused:
            raise  # what is packaged has them, too
        context.report.add(f"{error}; once more, without them")
        await asyncio.to_thread(shutil.rmtree, context.place / OUT)
        return await _hold_and_make(context, without_strays(decided, error.strays), dropped)


async def _hold_and_make(
    context: Context, decided: _Plan, dropped: list[dict[str, str]]
) -> Outputs:
    """Make it of the whole file; once more, if the last picture did not stand as it should."""
    try:
        return await _make(context, decided, dropped, None)
    except EndsApartError as error:
        assert isinstance(decided, EncodePlan)
        better = held(decided, error.ends.picture, error.ends.sound)
        context.report.add(f"{error}; once more, the last one held for {better.hold:.2f} s")
        await asyncio.to_thread(shutil.rmtree, context.place / OUT)
        return await _make(context, better, dropped, None, last=True)


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
    """Return the job's plan; what this worker cannot read or make is left to another one."""
    try:
        decided = _PLAN.validate_python(context.work.plan)
    except ValidationError as error:
        raise TransientError(f"this worker cannot read the plan: {error}", charge=False) from error
    missing = codecs_of(decided) - context.tools.capabilities.codecs
    if missing:
        words = f"this worker's FFmpeg cannot encode {', '.join(sorted(missing))}"
        raise TransientError(words, charge=False)
    return decided


async def _make(
    context: Context,
    decided: _Plan,
    dropped: list[dict[str, str]],
    feed: Feed | None,
    *,
    last: bool = False,
) -> Outputs:
    """Make it; once more without its texts, if there is too much in them. See `_make_once`.

    And once more from the beginning, if what an earlier attempt has listed is of no use.
    """
    try:
        return await _make_once(context, decided, dropped, feed, last=last)
    except GivenUpError as error:
        context.report.add(f"{error}; once more, from the beginning")
        await asyncio.to_thread(shutil.rmtree, context.place / OUT)
        return await _make(context, decided, dropped, feed, last=last)
    except TooMuchTextError as error:
        less = with_less_text(decided)
        context.report.add(f"{error}; once more, {less.how}")
        await asyncio.to_thread(shutil.rmtree, context.place / OUT)
        told = [*dropped, *map(asdict, less.notes)]
        return await _make(context, less.plan, told, feed, last=last)


async def _make_once(
    context: Context,
    decided: _Plan,
    dropped: list[dict[str, str]],
    feed: Feed | None,
    *,
    last: bool,
) -> Outputs:
    """Encode, have the outputs sent meanwhile, and make objects of them once they were checked.

    `dropped` are the warnings of what the plan leaves out. The `last` time it is taken as it comes;
    else a last picture that did not stand as it should is raised.
    """
    if context.listing is None:
        decided = replace(decided, streamed=False)
    decided = needed(decided)
    tools, prefix, out = context.tools, context.work.prefix, context.place / OUT
    gate = asyncio.Semaphore(_SENDING)
    ahead = index_room(decided.frame_count or 0, decided.total_duration or 0)
    if decided.frame_count is None:
        ahead += context.work.source_size // 100  # its length is not known; its size is
    content_type = "video/mp4" if isinstance(decided, EncodePlan) else "audio/mp4"
    uploads = [
        Upload(tools.storage, out / name, prefix + name, content_type, gate, tools.pace, ahead)
        for name in (item.file_name for item in decided.files)
    ]
    stream = _stream(context, decided)
    try:
        context.report.enter(Stage.ENCODING)
        async with leading(context, decided, feed, stream):
            words = await encoded(context, decided, feed, uploads, stream)
            pictures = None
            if stream is not None and stream.first and isinstance(decided, EncodePlan):
                await files_joined(context, decided, uploads, stream)
                pictures = stream.pictures
            late = diagnose.late_streams(words)
            if late and not context.reach:
                dropped = await _look_further(context, decided, dropped, late, fed=feed is not None)
                late = () if context.reach else late
            context.report.enter(Stage.PUBLISHING)
            guessed = isinstance(decided, AudioPlan) and diagnose.guesses_length(words)
            if guessed:
                decided = replace(decided, total_duration=None)
            assets, warnings = await completed(
                context, decided, words, uploads, last=last, pictures=pictures
            )
            if stream is not None:
                await stream.finish()
                warnings += nothing_heard(stream.left_out)
                if stream.given_up is not None:
                    warnings += await _without_stream(context, decided)
            texts, unread = await texts_made(context, decided)
            warnings += (*unread, *begun_late(kind for kind, _ in late))
            notes = as_json(done_of(decided, resized=diagnose.changes_size(words)), warnings)
            loudness = await asyncio.to_thread(_loudness, out / LOUDNESS_NAME)
            warned = [*notes["warnings"], *dropped]
            told = {"notes": {**notes, "warnings": warned, "loudness": loudness}}
            for each in (*notes["done"], *warned):
                context.report.add(f"{each['code']}: {each['message']}")
            known = _facts(decided, assets[0].duration) if guessed or has_strays(decided) else {}
            return Outputs(assets, {**told, **known}, texts)
    finally:
        await together(upload.close() for upload in uploads)
        if stream is not None:
            await stream.close()


async def _without_stream(context: Context, decided: _Plan) -> tuple[Note, ...]:
    """Return the warning that nothing encoded is streamed.

    What is packaged goes, too, if it is only a picture to a sound that is encoded.
    """
    packaging = context.packaging
    if packaging is None or isinstance(decided, AudioPlan) or decided.packaged is None:
        return not_streamed(packaged=False)
    alone = decided.audio is None or decided.packaged.sound is not None
    if not alone:
        await packaging.drop("its sound cannot be streamed")
    return not_streamed(packaged=alone)


def _loudness(file: Path) -> dict[str, float] | None:
    """Return how loud the default sound is, as the API tells it."""
    if not file.exists():
        return None
    with file.open("rb") as told:
        begin = told.read(_METER_BYTES)
        told.seek(-min(file.stat().st_size, _METER_BYTES), os.SEEK_END)
        end = told.read()
    found = loudness_of(begin.decode(errors="replace"), end.decode(errors="replace"))
    return None if found is None else asdict(found)


def _stream(context: Context, decided: _Plan) -> Stream | None:
    """Return what stores and lists the segments of a plan, if there are to be some."""
    if context.listing is None or not tracks_of(decided):
        return None
    tools, number = context.tools, next(context.tries)
    return Stream(
        tools.storage,
        context.listing,
        tracks_of(decided),
        context.place / OUT,
        f"{context.work.stream_prefix}{number}/",
        tools.pace,
        anew=number > 0,
        # Without sound, what is packaged completes it too: whichever is there first.
        completes=completes(decided) or decided.audio is None,
    )


async def _look_further(
    context: Context,
    decided: _Plan,
    dropped: list[dict[str, str]],
    late: Sequence[tuple[str, int]],
    *,
    fed: bool,
) -> list[dict[str, str]]:
    """Find out whether streams that FFmpeg met late are better than those that were planned.

    Returns:
        The warnings of what is left out; of late streams too, if they were found.

    Raises:
        _OtherStreamsError: they are better.
        TransientError: so far only a part of the file is there.
    """
    reach = max(at for _, at in late) + _REACH_BEYOND
    if min(at for _, at in late) < 0 or reach > MOST_REACH:
        return dropped
    context.reach = reach
    if fed:
        raise TransientError("other streams begin later in the file")
    try:
        info = await inspected(context, INPUT)
    except (PermanentError, TransientError) as error:
        context.report.add(f"{error}; the streams that begin late are left out")
        context.reach = 0
        return dropped
    better = _decide(context, info)
    if _streams(better) != _streams(decided):
        raise _OtherStreamsError(info, better)
    return _dropped(info, better)


def _streams(decided: _Plan) -> tuple[int | None, ...]:
    video = decided.video.index if isinstance(decided, EncodePlan) else None
    others = (sound.audio.index for sound in decided.others)
    return video, decided.audio.index if decided.audio else None, *others
