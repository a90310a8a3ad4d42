"""The ladder: the sizes and qualities of renditions. An operator can replace it."""

import tomllib
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AllowInfNan,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import ErrorDetails


def _no_text(value: object) -> object:
    """Keep pydantic from reading `"30"` and `true` as numbers; it takes 4e6 for a whole one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("must be a number")  # noqa: TRY004 - what pydantic collects
    return value


_Given = BeforeValidator(_no_text)
_Whole = Annotated[int, _Given]
_Number = Annotated[float, _Given, AllowInfNan(False)]
_Preset = Literal[
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"
]


# In the order in which a size has them: what every player takes comes first.
CODECS = ("h264", "hevc", "av1")
Codec = Literal["h264", "hevc", "av1"]


class LadderError(ValueError):
    """A ladder file cannot be used; the message says which entry and why."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One size of the ladder; its values are in range when it comes from a file.

    Attributes:
        short_side: pixels of the shorter side; even, because 4:2:0 pictures have no odd sizes.
        crf: constant rate factor; smaller is better and larger. Each codec has a scale of its own:
            of H.264 and HEVC it is 0 (lossless) to 51, of AV1 1 to 63.
        max_bitrate: ceiling in bits per second that holds for pictures up to 30 per second.
        buffer_size: window of that ceiling, in bits; 0 for two seconds of it.
        codec: what its picture is encoded with.
        mp4: whether it becomes a file.
        streamed: whether segments for streaming are made of it, where the ladder is streamed.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    short_side: Annotated[_Whole, Field(ge=2, le=4320, multiple_of=2)]
    crf: Annotated[_Number, Field(ge=0, le=63)]
    max_bitrate: Annotated[_Whole, Field(ge=10_000, le=200_000_000)]
    buffer_size: Annotated[_Whole, Field(ge=10_000, le=800_000_000)] = 0
    codec: Codec = "h264"
    mp4: Annotated[bool, Field(strict=True)] = True
    streamed: Annotated[bool, Field(strict=True)] = True


# The files; they are streamed too.
_FILES = (
    Rung(short_side=720, crf=23, max_bitrate=4_000_000, buffer_size=8_000_000),
    Rung(short_side=480, crf=23, max_bitrate=2_000_000, buffer_size=4_000_000),
)
# Streams have more sizes. The ceilings are averages of Apple's HLS authoring guide (section 1): the
# highest for 1920 x 1080, and the higher one for 768 x 432, which is next to 640 x 360.
DEFAULT_RUNGS = (
    Rung(short_side=1080, crf=23, max_bitrate=7_800_000, buffer_size=15_600_000, mp4=False),
    *_FILES,
    Rung(short_side=360, crf=23, max_bitrate=1_100_000, buffer_size=2_200_000, mp4=False),
)


def _in_order(rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
    """Return rungs, largest first, with their buffers."""
    if len({(rung.short_side, rung.codec) for rung in rungs}) != len(rungs):
        raise ValueError("two rungs have the same short_side and codec")
    for number, rung in enumerate(rungs, 1):
        if not (rung.mp4 or rung.streamed):
            raise ValueError(f"rung {number} is neither an MP4 nor streamed")
        least, most = (1, 63) if rung.codec == "av1" else (0, 51)
        if not least <= rung.crf <= most:
            raise ValueError(f"rung {number}: crf of {rung.codec} must be {least} to {most}")
    # What a film is worth is seen in its files.
    if rungs and not any(rung.mp4 for rung in rungs):
        raise ValueError("no rung has mp4 = true; at least one must")
    whole = [replace(rung, buffer_size=rung.buffer_size or 2 * rung.max_bitrate) for rung in rungs]
    return tuple(sorted(whole, key=lambda rung: (-rung.short_side, CODECS.index(rung.codec))))


def _exact(rate: Fraction) -> Fraction:
    return rate.limit_denominator(1001)  # a file has it as a float


@dataclass(frozen=True, slots=True)
class Ladder:
    """Rungs, largest first, with what they share.

    Attributes:
        rungs: at least one, falling short sides; at least one becomes a file.
        preset: x264 preset; other encoders get one that is about as quick for them.
        keyframe_seconds: a player can start at every multiple of this.
        max_frame_rate: pictures per second above which frames are dropped.
        audio_bitrate: bits per second of stereo sound; one channel takes half.
        audio_tracks: sounds of a stream, one for each track of the source, at the most.
        streamed: whether segments for streaming are made too.
        storyboard: whether small pictures for the time bar are made too.
        packaged: whether a source that players take as it is is streamed so, too.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    rungs: Annotated[
        tuple[Rung, ...], AfterValidator(_in_order), Field(validation_alias="rung", min_length=1)
    ] = DEFAULT_RUNGS
    preset: _Preset = "veryfast"
    keyframe_seconds: Annotated[_Number, Field(ge=0.5, le=10)] = 2.0
    max_frame_rate: Annotated[Fraction, _Given, Field(ge=1, le=120), AfterValidator(_exact)] = (
        Fraction(60)
    )
    audio_bitrate: Annotated[_Whole, Field(ge=16_000, le=512_000)] = 128_000
    audio_tracks: Annotated[_Whole, Field(ge=1, le=16)] = 8
    streamed: Annotated[bool, Field(strict=True)] = True
    storyboard: Annotated[bool, Field(strict=True)] = True
    packaged: Annotated[bool, Field(strict=True)] = True


DEFAULT_LADDER = Ladder()
MISSION_LADDER = Ladder(rungs=_FILES)
BUILT_IN = {"default": DEFAULT_LADDER, "mission": MISSION_LADDER}
_LADDER = TypeAdapter(Ladder)


def load_ladder(text: str) -> Ladder:
    """Read a ladder from TOML; what it leaves out keeps its default.

    Args:
        text: the file's content, tables `[[rung]]` and the fields of Ladder above them.

    Raises:
        LadderError: the text is no TOML, or a value is unknown, missing or out of range.
    """
    try:
        return _LADDER.validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise LadderError(f"the ladder is not TOML: {error}") from error
    except ValidationError as error:
        raise LadderError("; ".join(map(_sentence, error.errors()))) from error


def _sentence(error: ErrorDetails) -> str:
    """Return what is wrong and where, as `rung 1 crf: Field required`; rungs count from 1."""
    place = " ".join(str(each + 1 if isinstance(each, int) else each) for each in error["loc"])
    return f"{place}: {error['msg']}"
