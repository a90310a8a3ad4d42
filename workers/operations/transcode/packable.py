"""Finds out from the index of a source whether it is packaged, and adds that to its plan."""

import asyncio
import struct
from dataclasses import replace
from pathlib import Path

from workers.context import Context
from workers.formats.boxes import Box, top_level
from workers.formats.chunks import read_tracks
from workers.formats.copyable import Copyable, read_copyable
from workers.formats.known import Doubt
from workers.media.audio_plan import AudioPlan
from workers.media.info import MediaInfo
from workers.media.packaging import packaged
from workers.media.plan import EncodePlan

# As in `workers/sources/choose.py`: what nobody has thought of must harm no video.
INVALID = (ArithmeticError, LookupError, ValueError, struct.error)


async def with_packaged(
    context: Context, name: str, info: MediaInfo, decided: EncodePlan | AudioPlan
) -> EncodePlan | AudioPlan:
    """Return a plan with what of its source is packaged; `name` is the file that was inspected."""
    ladder = context.tools.ladder
    if isinstance(decided, AudioPlan) or not (ladder.packaged and decided.streamed):
        return decided
    if "mp4" not in info.format_name.split(",") or decided.still:
        return decided
    path, largest = context.place / name, context.tools.shape.largest_index
    late = (decided.video.start_time or 0.0) - info.start_time
    try:
        picture, sound = await asyncio.to_thread(_tracks, path, decided, largest)
        found = packaged(decided, late, picture, sound, ladder)
    except Doubt as doubt:
        context.report.add(f"not packaged: {doubt}")
        return decided
    context.report.add(f"to be packaged: {found}")
    return replace(decided, packaged=found)


def _tracks(path: Path, decided: EncodePlan, largest: int) -> tuple[Copyable, Copyable | None]:
    """Return what the index tells of the picture, and of the sound unless it cannot be copied."""
    index, moov = _index(path, largest)
    try:
        tracks = read_tracks(index, moov)
        picture = read_copyable(index, moov, tracks, decided.video.index)
        if decided.audio is None:
            return picture, None
        try:
            return picture, read_copyable(index, moov, tracks, decided.audio.index)
        except Doubt:
            return picture, None
    except INVALID as error:
        raise Doubt("its index is invalid") from error


def _index(path: Path, largest: int) -> tuple[bytes, Box]:
    """Read the index of a file; of a sample it comes before what was cut off."""
    with path.open("rb") as file:

        def read(start: int, end: int) -> bytes:
            file.seek(start)
            return file.read(end - start)

        boxes = top_level(path.stat().st_size, read)
        found = next((box for box in boxes if box.kind == b"moov"), None)
        if found is None or found.end - found.start > largest:
            raise Doubt("its index is missing, or too long")
        shift = found.body - found.start
        index = read(found.start, found.end)
        return index, Box(found.kind, 0, shift, len(index))
