"""Makes WebVTT files of the text tracks and chapters of a source, when the film is made.

Whatever is wrong with a text, the film is not at fault: it goes without it, and says so.
"""

import asyncio
import math
from collections.abc import Sequence

from core.captions.cues import MOST_BYTES, Cue, UnreadableError, written
from core.captions.markup import clean
from core.captions.reading import salvaged
from core.model.notes import Note
from core.model.states import TextKind
from core.videos.texts import FoundText
from workers.context import Context
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, run
from workers.ffmpeg.text_output import file_of, text_command
from workers.formats.closed_captions import pairs_of, scc_of
from workers.formats.segment import timed_samples
from workers.media.audio_plan import AudioPlan
from workers.media.notes import partly_read_texts, unread_texts
from workers.media.plan import EncodePlan
from workers.media.texts import Chapter, TextStream
from workers.runtime.concurrency import together
from workers.sandbox.policies import probe_policy
from workers.sources.read import OUT
from workers.transfer_limits import Patience

_AT_ONCE = 2
_VTT = "text/vtt; charset=utf-8"
# What FFmpeg writes is longer than what is kept of it: it has markup that is left out.
_MOST_OUTPUT = 4 * MOST_BYTES


async def texts_made(
    context: Context, decided: EncodePlan | AudioPlan
) -> tuple[tuple[FoundText, ...], tuple[Note, ...]]:
    """Store the texts of a source; return them, and the warnings of what cannot be read of them.

    Raises:
        Unavailable: the store was away for too long.
    """
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int, stream: TextStream) -> tuple[FoundText, bool] | None:
        async with gate:
            return await _made(context, number, stream)

    made = await together(one(*each) for each in enumerate(decided.texts))
    found = [each[0] for each in made if each is not None]
    partly = sum(not each[1] for each in made if each is not None)
    # What is hidden in pictures is often nothing: nobody misses it.
    unread = sum(
        each is None and not stream.within for each, stream in zip(made, decided.texts, strict=True)
    )
    if body := chapters_file(decided.chapters):
        found.append(await _stored(context, "chapters", TextKind.CHAPTERS, body))
    return tuple(found), (*unread_texts(unread), *partly_read_texts(partly))


def chapters_file(chapters: Sequence[Chapter]) -> bytes:
    """Return chapters as WebVTT; nothing if there are none."""
    cues = [
        Cue(round(each.start * 1000), round(each.end * 1000), clean([each.title]))
        for each in chapters
    ]
    shown = [cue for cue in cues if cue.text and cue.start < cue.end]
    return written(shown).encode() if shown else b""


async def _made(context: Context, number: int, stream: TextStream) -> tuple[FoundText, bool] | None:
    """Store a text; return it, and whether all of it is there. None if nothing can be read."""
    try:
        if stream.within and not await asyncio.to_thread(_found_in, context, number, stream.within):
            return None
        text, is_whole = await _decoded(context, number, scenarist=bool(stream.within))
        cues, is_read = await asyncio.to_thread(salvaged, text)
        body = written(cues).encode()
        if len(body) > MOST_BYTES:
            context.report.add(f"text {number} is too long")
            return None
    except (FFmpegFailedError, UnreadableError, OSError) as error:
        context.report.add(f"text {number} cannot be read: {error}")
        return None
    found = await _stored(
        context,
        f"text-{number}",
        TextKind.SUBTITLES,
        body,
        language=stream.language or None,
        title=stream.title or None,
        is_default=stream.default,
        is_forced=stream.forced,
    )
    return found, is_whole and is_read


def _found_in(context: Context, number: int, codec: str) -> bool:
    """Write the captions of pictures as a file that FFmpeg reads; return whether there are some."""
    path = context.place / OUT / file_of(number)
    pictures = timed_samples(path.read_bytes())
    written = scc_of((at, pairs_of(sample, codec)) for at, sample in pictures)
    path.write_text(written, encoding="ascii")
    return bool(written)


async def _decoded(context: Context, number: int, *, scenarist: bool) -> tuple[str, bool]:
    """Have FFmpeg decode what was taken out of the source; say, too, if that is all of it."""
    tools, name = context.tools, file_of(number)
    place = context.place / OUT
    seconds = tools.limits.probe_timeout_s
    patience = ProcessLimits(
        stall_seconds=math.inf, wall_seconds=seconds, stdout_bytes=_MOST_OUTPUT
    )
    done = await run(
        text_command(tools.ffmpeg, f"./{name}", tools.limits, scenarist=scenarist),
        cwd=place,
        limits=patience,
        policy=probe_policy(tools.sandbox, tools.ffmpeg, place / name, seconds),
        spent=context.report.spent,
    )
    return done.stdout.decode(errors="replace"), len(done.stdout) < _MOST_OUTPUT


async def _stored(
    context: Context,
    name: str,
    kind: TextKind,
    body: bytes,
    *,
    language: str | None = None,
    title: str | None = None,
    is_default: bool = False,
    is_forced: bool = False,
) -> FoundText:
    tools, key = context.tools, f"{context.work.prefix}{name}.vtt"
    # All of the film is made by now: it is worth some patience.
    await Patience(tools.pace).bear(lambda: tools.storage.put(key, body, _VTT))
    return FoundText(kind, language, title, is_default, is_forced, key, len(body))
