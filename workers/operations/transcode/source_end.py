"""Looks at the end of a source for what FFmpeg says nothing of."""

import asyncio
import mmap
from collections.abc import Callable, Mapping
from io import RawIOBase
from pathlib import Path
from typing import BinaryIO

from core.model.notes import Note
from workers.context import Context
from workers.ffmpeg import diagnose
from workers.formats import gif, jpeg
from workers.formats.edit_rates import changes_speed
from workers.formats.joined import second
from workers.formats.shape import Pipe
from workers.media.audio_plan import AudioPlan
from workers.media.info import MediaInfo
from workers.media.notes import (
    end_missing,
    left_behind,
    partly_left_behind,
    speed_ignored,
)
from workers.media.plan import EncodePlan
from workers.sources.read import INPUT

# Longer than the first one by so much, in seconds, it was made of the second one too.
_MORE_S = 0.5
_LARGEST_STILL = 256 * 1024**2  # bytes


async def behind(
    context: Context,
    decided: EncodePlan | AudioPlan,
    outputs: Mapping[str, MediaInfo],
    words: str,
) -> tuple[Note, ...]:
    """Return the warning of what was left out behind the first of several joined files.

    `words` are FFmpeg's last ones. Of a source that came through a pipe they tell of more, and then
    it is read as a file.
    """
    if isinstance(context.way, Pipe):
        return ()
    made, said = max(each.duration or 0.0 for each in outputs.values()), decided.total_duration
    # Where nothing says how long the first one is, FFmpeg goes on in Matroska.
    unknown = "matroska" in decided.container
    if unknown if said is None else made > said + _MORE_S:
        return ()
    found = await asyncio.to_thread(_second, context.place / INPUT, words)
    if found is None:
        return partly_left_behind() if diagnose.begins_anew(words) else ()
    return left_behind(found)


async def normal_speed(context: Context, decided: EncodePlan | AudioPlan) -> tuple[Note, ...]:
    """Return the warning of an MP4 that asks for another speed than it is played at.

    What comes through a pipe asks for none.
    """
    if isinstance(context.way, Pipe) or "mp4" not in decided.container.split(","):
        return ()
    return speed_ignored() if await asyncio.to_thread(_speed, context.place / INPUT) else ()


async def cut_still(context: Context, decided: EncodePlan | AudioPlan) -> tuple[Note, ...]:
    """Return the warning of a picture, or a GIF, whose end is missing; FFmpeg shows grey there."""
    if not isinstance(decided, EncodePlan) or context.work.source_size > _LARGEST_STILL:
        return ()
    looks = {"gif": gif.is_cut} | ({"mjpeg": jpeg.is_cut} if decided.still else {})
    look = looks.get(decided.video.codec)
    if look is None or isinstance(context.way, Pipe):
        return ()
    return (
        end_missing() if await asyncio.to_thread(_ends_early, context.place / INPUT, look) else ()
    )


def _ends_early(file: Path, look: Callable[[mmap.mmap], bool]) -> bool:
    with (
        file.open("rb") as source,
        mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        return look(data)


def _speed(file: Path) -> bool:
    with file.open("rb", buffering=0) as source:
        return changes_speed(file.stat().st_size, _reader(source))


def _second(file: Path, words: str) -> float | None:
    """Return the part of a file that a second one in it has."""
    with file.open("rb") as source:
        read, size = _reader(source), file.stat().st_size
        at = second(size, read)
        # FFmpeg goes on from one to the next in Ogg, unless it says that it cannot.
        if at is None or (read(0, 4) == b"OggS" and not diagnose.sees_more(words)):
            return None
        return (size - at) / size


def _reader(source: BinaryIO | RawIOBase) -> Callable[[int, int], bytes]:
    def read(start: int, end: int) -> bytes:
        source.seek(start)
        return source.read(end - start) or b""

    return read
