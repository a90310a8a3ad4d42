"""Runs FFmpeg on a source, and says why it failed."""

import asyncio
import shlex
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from core import log
from core.captions.cues import MOST_BYTES
from core.errors import Failure, TransientError
from core.model.failure_codes import FailureCode
from workers.context import Context
from workers.ffmpeg import diagnose
from workers.ffmpeg.audio_command import audio_command
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, StallError, TimeLimitError, run
from workers.ffmpeg.progress import Progress, fraction_done, seconds_left
from workers.ffmpeg.resume_command import resume_command
from workers.ffmpeg.standard_input import Feed
from workers.ffmpeg.text_output import file_of
from workers.ffmpeg.whitelists import PIPE
from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan
from workers.media.resume import resume_at
from workers.operations.transcode.straying import watch_times
from workers.outputs.follow import follow
from workers.outputs.stream import Stream
from workers.outputs.upload import Upload
from workers.runtime.concurrency import together
from workers.sandbox.policies import encode_policy
from workers.sandbox.policy import Policy
from workers.sources.inspect import judged
from workers.sources.read import INPUT, OUT

_log = log.get(__name__)
# Of all text tracks together, as they lie in a file. Closed captions of 4 h have some 40 MB: they
# have a packet for each picture.
_MOST_TEXT = 64 * MOST_BYTES
_LOOK_S = 1.0
# People wait for everything else on the machine: for what lists a film, for its beginning, for the
# API and the page where these are on it, too.
NICENESS = 4
_TIMEOUT = Failure(
    FailureCode.PROCESSING_TIMEOUT,
    "Processing took too long. Try again, or upload a shorter or smaller video.",
    retryable=True,
)


class TooMuchTextError(TransientError):
    """The text tracks of a source have so much in them that it can be no text."""


async def encoded(
    context: Context,
    decided: EncodePlan | AudioPlan,
    feed: Feed | None,
    uploads: Sequence[Upload],
    stream: Stream | None,
) -> str:
    """Run FFmpeg on the file, or on what it is fed; return its last words.

    If an earlier attempt has listed segments, the pictures go on behind them, and no file is made:
    `stream.first` tells it.

    Raises:
        TooMuchTextError: it can be made without the texts.
        GivenUpError: what was listed is of no use, and is taken back.
        PermanentError, TransientError: FFmpeg failed, or what it made is in doubt.
        LeaseLost, Unavailable, OSError: as `follow` does.
    """
    place, report = context.place, context.report
    (place / OUT).mkdir()
    first = 0
    if stream is not None:
        await stream.begin()
        first = _first_of(stream, decided)
        stream.go_on_at(first)
    source = PIPE if feed is not None else f"./{INPUT}"
    argv = _command(context, decided, source, first)
    if first:
        _log.info("encode_resumed", segment=first)
        report.add(f"pictures go on at segment {first}: those before are stored")
    report.add(shlex.join(["ffmpeg", *argv[1:]]))
    on_progress = _reporter(context, decided, first)

    file = place / INPUT if feed is None else None
    limits, policy = allowed(context, decided, file, place / OUT)
    if first and isinstance(decided, EncodePlan):
        # FFmpeg reports nothing before all outputs have something: so long it only decodes.
        skipped_s = float(first * decided.keyframe_interval / decided.frame_rate)
        limits = replace(limits, stall_seconds=limits.stall_seconds + skipped_s)
    stands = asyncio.Event()
    watch = partial(watch_times, context, decided, feed, stands)
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
            beside=partial(_beside, context, decided, () if first else uploads, stream, watch),
            said=partial(_listen, stands),
            niceness=NICENESS,
        )
        await _see_texts(context, decided)
    except (StallError, TimeLimitError) as error:
        report.add(error.stderr_tail)
        raise TransientError(str(error), _TIMEOUT) from error
    except FFmpegFailedError as error:
        report.add(f"exit status {error.status}\n{error.stderr_tail}")
        raise judged(diagnose.diagnose(error.status, error.stderr_tail), str(error)) from error
    words = finished.stderr_tail
    report.add(f"encoded in {finished.wall_seconds:.2f} s\n{words}")
    if feed is not None and (why := _wants_whole_file(words)) is not None:
        raise TransientError(why)
    return words


def _wants_whole_file(words: str) -> str | None:
    """Return why a source is read once more as a file, by what FFmpeg said that was fed it."""
    reasons = (
        (diagnose.has_lost_its_place, "FFmpeg may have missed something it could not go back to"),
        (diagnose.sees_more, "there is something behind the end of the film"),
        (diagnose.doubts, "FFmpeg complained of what it read, or of how"),
        (diagnose.out_of_order, "some times of the file are in disorder"),
        (diagnose.grows, "the picture becomes larger than a part of the file has shown"),
    )
    return next((why for is_so, why in reasons if is_so(words)), None)


def _first_of(stream: Stream, decided: EncodePlan | AudioPlan) -> int:
    """Return the number of the first segment of the pictures that is to be made."""
    before = {} if stream.anew else stream.listed_before
    tries = frozenset[str]().union(*(each.tries for each in before.values()))
    return resume_at(decided, {name: each.segments for name, each in before.items()}, tries)


def _reporter(
    context: Context, decided: EncodePlan | AudioPlan, first: int
) -> Callable[[Progress], None]:
    """Return what tells people how far an encode is that goes on at a segment, and tell it."""
    before = first * decided.keyframe_interval if isinstance(decided, EncodePlan) else 0
    there = fraction_done(Progress(frame=before), decided) or 0.0
    began = time.monotonic()
    if first:
        context.report.at(there, None)

    def on_progress(progress: Progress) -> None:
        nonlocal began
        if first and not progress.frame:  # so far it only decodes
            began = time.monotonic()
            return
        frame = None if progress.frame is None else progress.frame + before
        done = fraction_done(replace(progress, frame=frame), decided)
        if done is not None:
            of_rest = max(done - there, 0.0) / (1 - there)
            context.report.at(done, seconds_left(of_rest, time.monotonic() - began))

    return on_progress


def allowed(
    context: Context, decided: EncodePlan | AudioPlan, source: Path | None, out: Path
) -> tuple[ProcessLimits, Policy | None]:
    """Return how much is borne with FFmpeg, and its sandbox, when it writes a plan into `out`.

    It may read the file `source`, if there is one.
    """
    tools = context.tools
    limits = ProcessLimits(
        stall_seconds=tools.limits.stall_timeout_s,
        wall_seconds=tools.limits.wall_seconds(decided.total_duration),
    )
    policy = encode_policy(tools.sandbox, tools.ffmpeg, decided, source, out, tools.limits)
    return limits, policy


async def _beside(
    context: Context,
    decided: EncodePlan | AudioPlan,
    uploads: Sequence[Upload],
    stream: Stream | None,
    watch_times: Callable[[], Coroutine[Any, Any, None]],
    hold: Callable[[bool], None],
) -> None:
    """Send what is made, see that texts do not fill the disk, and watch times, until cancelled."""

    async def watch() -> None:
        while True:
            await _see_texts(context, decided)
            await asyncio.sleep(_LOOK_S)

    await together([follow(uploads, stream, hold), watch(), watch_times()])


def _listen(stands: asyncio.Event, said: str) -> None:
    if diagnose.stands_long(said):
        stands.set()


async def _see_texts(context: Context, decided: EncodePlan | AudioPlan) -> None:
    files = [context.place / OUT / file_of(number) for number in range(len(decided.texts))]
    # In a thread: a slow disk must not stop the heartbeat.
    size = await asyncio.to_thread(_size, files)
    if size > _MOST_TEXT:
        raise TooMuchTextError(f"{size} bytes came out of the text tracks")


def _size(files: Sequence[Path]) -> int:
    return sum(file.stat().st_size for file in files if file.exists())


def failed_by_itself(error: Exception) -> bool:
    """Whether `encoded` raised an error as FFmpeg had ended badly, and nobody had ended it."""
    cause = error.__cause__
    stopped = isinstance(cause, StallError | TimeLimitError)
    return isinstance(cause, FFmpegFailedError) and not stopped and cause.status > 0


def _command(
    context: Context, decided: EncodePlan | AudioPlan, source: str, first: int
) -> list[str]:
    tools, limits = context.tools, context.limits
    if isinstance(decided, AudioPlan):
        return audio_command(tools.ffmpeg, decided, source, OUT, limits)
    rest = (tools.ffmpeg, decided, source, OUT, tools.capabilities, limits)
    return resume_command(*rest, first=first) if first else encode_command(*rest)
