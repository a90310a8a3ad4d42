"""The ladder: the sizes and qualities of renditions. An operator can replace it."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fractions import Fraction

PRESETS = (
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow",
)  # fmt: skip


class LadderError(ValueError):
    """A ladder file cannot be used; the message says which entry and why."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One size of the ladder.

    Attributes:
        short_side: pixels of the shorter side.
        crf: x264 constant rate factor, 0 (lossless) to 51; smaller is better and larger.
        max_bitrate: ceiling in bits per second that holds for pictures up to 30 per second.
        buffer_size: window of that ceiling, in bits.
    """

    short_side: int
    crf: float
    max_bitrate: int
    buffer_size: int

    @property
    def name(self) -> str:
        """What people call it: `720p`."""
        return f"{self.short_side}p"


DEFAULT_RUNGS = (
    Rung(short_side=720, crf=23, max_bitrate=4_000_000, buffer_size=8_000_000),
    Rung(short_side=480, crf=23, max_bitrate=2_000_000, buffer_size=4_000_000),
)


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs, largest first, with what they share.

    Attributes:
        rungs: at least one, falling short sides.
        preset: x264 preset.
        keyframe_seconds: a player can start at every multiple of this.
        max_frame_rate: pictures per second above which frames are dropped.
        audio_bitrate: bits per second of stereo sound; one channel takes half.
    """

    rungs: tuple[Rung, ...] = DEFAULT_RUNGS
    preset: str = "veryfast"
    keyframe_seconds: float = 2.0
    max_frame_rate: Fraction = Fraction(60)
    audio_bitrate: int = 128_000


DEFAULT_LADDER = Ladder()


def load_ladder(text: str) -> Ladder:
    """Read a ladder from TOML; what it leaves out keeps its default.

    Args:
        text: the file's content, tables `[[rung]]` and the fields of Ladder above them.

    Raises:
        LadderError: the text is no TOML, or a value is unknown, missing or out of range.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LadderError(f"the ladder is not TOML: {error}") from error
    unknown = document.keys() - {f.name for f in fields(Ladder)} - {"rung"} | (
        document.keys() & {"rungs"}
    )
    if unknown:
        raise LadderError(f"the ladder has an unknown entry: {', '.join(sorted(unknown))}")
    default = DEFAULT_LADDER
    return Ladder(
        rungs=_rungs(document["rung"]) if "rung" in document else default.rungs,
        preset=_preset(document.get("preset", default.preset)),
        keyframe_seconds=_number(document, "keyframe_seconds", 0.5, 10, default.keyframe_seconds),
        max_frame_rate=Fraction(
            _number(document, "max_frame_rate", 1, 120, float(default.max_frame_rate))
        ).limit_denominator(1001),
        audio_bitrate=_whole(document, "audio_bitrate", 16_000, 512_000, default.audio_bitrate),
    )


def _rungs(tables: object) -> tuple[Rung, ...]:
    if not isinstance(tables, list) or not tables:
        raise LadderError("the ladder needs at least one [[rung]]")
    rungs = [_rung(table, number) for number, table in enumerate(tables, start=1)]
    sides = [rung.short_side for rung in rungs]
    if len(set(sides)) != len(sides):
        raise LadderError("two rungs of the ladder have the same short_side")
    return tuple(sorted(rungs, key=lambda rung: rung.short_side, reverse=True))


def _rung(table: object, number: int) -> Rung:
    where = f"rung {number}: "
    if not isinstance(table, dict):
        raise LadderError(f"{where}must be a table, written [[rung]]")
    unknown = table.keys() - {f.name for f in fields(Rung)}
    if unknown:
        raise LadderError(f"{where}unknown entry: {', '.join(sorted(unknown))}")
    short_side = _whole(table, "short_side", 2, 4320, None, where)
    if short_side % 2:
        raise LadderError(f"{where}short_side must be even, 4:2:0 pictures have no odd sizes")
    max_bitrate = _whole(table, "max_bitrate", 10_000, 200_000_000, None, where)
    return Rung(
        short_side=short_side,
        crf=_number(table, "crf", 0, 51, None, where),
        max_bitrate=max_bitrate,
        buffer_size=_whole(table, "buffer_size", 10_000, 800_000_000, 2 * max_bitrate, where),
    )


def _preset(value: object) -> str:
    if value not in PRESETS:
        raise LadderError(f"preset must be one of {', '.join(PRESETS)}, not {value!r}")
    return str(value)


def _number(
    table: Mapping[str, object],
    key: str,
    low: float,
    high: float,
    default: float | None,
    where: str = "",
) -> float:
    value = table.get(key, default)
    if value is None:
        raise LadderError(f"{where}{key} is missing")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise LadderError(f"{where}{key} must be a number, not {value!r}")
    if not low <= value <= high:
        raise LadderError(f"{where}{key} must lie between {low} and {high}, not {value}")
    return float(value)


def _whole(
    table: Mapping[str, object],
    key: str,
    low: int,
    high: int,
    default: int | None,
    where: str = "",
) -> int:
    value = _number(table, key, low, high, default, where)
    if value != int(value):
        raise LadderError(f"{where}{key} must be a whole number, not {value}")
    return int(value)
