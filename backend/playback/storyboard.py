"""The storyboard of a film as WebVTT: which part of which picture stands for which time. Pure.

Players know it so: a cue is the address of a sheet with `#xywh=` (W3C Media Fragments, 4.2.2).
"""

from collections.abc import Sequence

from core.model.sheets import Sheet

MEDIA_TYPE = "text/vtt"


def written(sheets: Sequence[Sheet]) -> str:
    """Return the list of all tiles; the addresses of the sheets are relative to its own."""
    cues = [_cue(number, sheet, tile) for number, sheet in enumerate(sheets)
            for tile in range(sheet.tiles)]  # fmt: skip
    return "\n\n".join(["WEBVTT", *cues]) + "\n"


def _cue(number: int, sheet: Sheet, tile: int) -> str:
    start = sheet.start + tile * sheet.step
    end = sheet.end if tile + 1 == sheet.tiles else start + sheet.step
    row, column = divmod(tile, sheet.columns)
    x, y = column * sheet.width, row * sheet.height
    return (
        f"{_clock(start)} --> {_clock(end)}\n"
        f"storyboard/{number}.jpg#xywh={x},{y},{sheet.width},{sheet.height}"
    )


def _clock(seconds: float) -> str:
    total = round(seconds * 1000)
    minutes, milliseconds = divmod(total, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
