"""Checks the pictures that FFmpeg has made beside a film, and stores them: poster, storyboard."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from core import log
from core.model.sheets import Sheet
from core.model.states import AssetKind
from core.tasks.settle import NewAsset
from workers.context import Context
from workers.ffmpeg.stills import FIRST_SHEET, LOOKS_FILE, poster_file, sheet_file
from workers.formats.jpeg import size_of
from workers.media.audio_plan import AudioPlan
from workers.media.info import MediaInfo
from workers.media.plan import POSTER_NAME, EncodePlan
from workers.media.posters import best, candidates
from workers.media.storyboard import Storyboard, storyboard_of
from workers.outputs.send import send
from workers.runtime.concurrency import together
from workers.sources.read import OUT

_log = log.get(__name__)


async def stills(
    context: Context, decided: EncodePlan | AudioPlan, outputs: Mapping[str, MediaInfo]
) -> list[NewAsset]:
    """Store the poster and the sheets of the storyboard; `outputs` are the films beside them.

    A film is not worth less without them: what is not as planned is left out.

    Raises:
        TransientError, Unavailable, OSError: as `send` does.
    """
    out = context.place / OUT
    found = await asyncio.to_thread(_poster, out, decided)
    wanted: list[tuple[Path, NewAsset]] = []
    if found is not None:
        key = context.work.prefix + POSTER_NAME
        size = found.stat().st_size
        wanted.append((found, NewAsset(AssetKind.POSTER, "poster", key, size)))
    board = storyboard_of(decided)
    if board is not None and isinstance(decided, EncodePlan):
        made = outputs[decided.files[-1].name].video  # a smaller size may be no file
        frames = (made.frame_count if made is not None else None) or 0
        sheets = _sheets(board, frames, float(decided.frame_rate))
        wanted += await asyncio.to_thread(_checked, out, context.work.prefix, sheets, board)
    tools = context.tools
    await together(
        send(tools.storage, path, asset.size, asset.s3_key, "image/jpeg", tools.pace)
        for path, asset in wanted
    )
    return [asset for _, asset in wanted]


def _poster(out: Path, decided: EncodePlan | AudioPlan) -> Path | None:
    """Return the picture that stands for a film, if one was made."""
    if isinstance(decided, AudioPlan):
        paths = [out / POSTER_NAME]
    else:
        paths = [out / poster_file(number) for number in range(len(candidates(decided)))]
    sizes = {number: path.stat().st_size for number, path in enumerate(paths) if path.exists()}
    looks = out / LOOKS_FILE
    chosen = best(
        {number: size for number, size in sizes.items() if size},
        looks.read_bytes() if looks.exists() else b"",
    )
    return None if chosen is None else paths[chosen]


def _sheets(board: Storyboard, frames: int, rate: float) -> list[Sheet]:
    """Return the sheets that a film of so many frames, so many a second, must have."""
    step, found, first = board.step / rate, list[Sheet](), 0
    for tiles in board.sheets(frames):
        start = first * step
        first += tiles
        sheet = Sheet(
            start=round(start, 3),
            step=round(step, 6),
            end=round(min(first * step, frames / rate), 3),
            tiles=tiles,
            columns=board.columns,
            width=board.width,
            height=board.height,
        )
        found.append(sheet)
    return found


def _checked(
    out: Path, prefix: str, sheets: list[Sheet], board: Storyboard
) -> list[tuple[Path, NewAsset]]:
    """Return the sheets that are there; none if one is not as it must be."""
    width, height = board.width * board.columns, board.height * board.rows
    paths = [out / sheet_file(FIRST_SHEET + number) for number in range(len(sheets))]
    beyond = out / sheet_file(FIRST_SHEET + len(sheets))
    found = [size_of(path.read_bytes()) if path.exists() else None for path in paths]
    if any(size != (width, height) for size in found) or beyond.exists():
        _log.warning("no_storyboard", planned=len(sheets), found=found, beyond=beyond.exists())
        return []
    return [
        (
            path,
            NewAsset(
                AssetKind.STORYBOARD,
                str(number),
                prefix + sheet_file(number),
                path.stat().st_size,
                width=width,
                height=height,
                layout=asdict(sheet),
            ),
        )
        for number, (path, sheet) in enumerate(zip(paths, sheets, strict=True))
    ]
