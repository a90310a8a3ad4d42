"""L: edit lists, which say what part of a track is played, and when."""

from itertools import product
from pathlib import Path

from tests.fidelity.edit_lists import PICTURE, SOUND, Edit, write_edits
from tests.fidelity.expect import Expect
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import H264, Workshop

KIND = Kind("L edits")
KINDS = (KIND,)
_PICTURE_TICKS, _SOUND_TICKS = 12_800, 48_000  # in a second
_B_FRAMES = ("-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-bf", "2",
             "-video_track_timescale", str(_PICTURE_TICKS))  # fmt: skip
# What encoders put before the beginning: two pictures, and a block of sound.
_PICTURE_LEAD, _SOUND_LEAD = 1024, 1024
_LONG_S = 5
# Seconds of nothing, and where in the media it begins then.
_WAYS = {"all": (0.0, 0.0), "later": (0.0, 1.2), "late": (0.8, 0.0), "late-from-later": (0.8, 1.2)}
_SCALES = {".mp4": None, ".mov": 600}


def _edits(way: str, ticks: int, lead: int) -> list[Edit]:
    empty, since = _WAYS[way]
    played = Edit(_LONG_S - since, lead + round(since * ticks))
    return [Edit(empty, None), played] if empty else [played]


def _film(suffix: str, picture: str, sound: str) -> None:
    @KIND(f"picture-{picture}-sound-{sound}{suffix}", Expect(disc=False, compared=True))
    def make(shop: Workshop, path: Path) -> None:
        shop.film(path, seconds=_LONG_S, video=_B_FRAMES)
        scale = _SCALES[suffix]
        write_edits(path, PICTURE, *_edits(picture, _PICTURE_TICKS, _PICTURE_LEAD), scale=scale)
        write_edits(path, SOUND, *_edits(sound, _SOUND_TICKS, _SOUND_LEAD))


for _picture, _sound in product(_WAYS, _WAYS):
    _film(".mp4", _picture, _sound)
for _picture, _sound in product(("later", "late-from-later"), ("later", "late-from-later")):
    _film(".mov", _picture, _sound)


# What is cut off is longer than what a decoder has in hand at once.
@KIND("flac-from-later.mp4", Expect(seconds=(5,), heard=5, flashes=5, beeps=5))
@KIND("alac-from-later.mov", Expect(seconds=(5,), heard=5, flashes=5, beeps=5))
def _lossless(shop: Workshop, path: Path) -> None:
    codec = ("flac", "-frame_size", "16384") if path.suffix == ".mp4" else ("alac",)
    ticks = ("-bf", "0", "-video_track_timescale", str(_PICTURE_TICKS))
    shop.film(path, seconds=8, video=(*H264, *ticks), audio=("-c:a", *codec))
    write_edits(path, PICTURE, Edit(5, 3 * _PICTURE_TICKS))
    write_edits(path, SOUND, Edit(5, 3 * _SOUND_TICKS))


# FFmpeg plays the length of each part at normal speed.
_SPEED = frozenset({"speed_ignored"})
_PARTS = {
    "twice-as-fast": (Edit(3, _PICTURE_LEAD, 2),),
    "half-as-fast": (Edit(6, _PICTURE_LEAD, 0.5),),
    "stands-in-the-middle": (
        Edit(2, _PICTURE_LEAD),
        Edit(2, _PICTURE_LEAD + 2 * _PICTURE_TICKS, 0),
        Edit(2, _PICTURE_LEAD + 2 * _PICTURE_TICKS),
    ),
}


@KIND("twice-as-fast.mov", Expect(seconds=(3,), heard=3, flashes=3, beeps=3, told=_SPEED))
@KIND("half-as-fast.mov", Expect(seconds=(6,), heard=6, flashes=6, beeps=6, told=_SPEED))
@KIND("stands-in-the-middle.mov", Expect(seconds=(6,), heard=6, flashes=6, beeps=6, told=_SPEED))
def _speeds(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=6, video=_B_FRAMES)
    edits = _PARTS[path.stem.partition("-")[2]]  # the bench puts a number before the name
    write_edits(path, PICTURE, *edits)
    if "twice" in path.name:
        write_edits(path, SOUND, Edit(3, _SOUND_LEAD, 2))


def _seconds(number: float, since: float = 0.0) -> tuple[Edit, Edit]:
    """Return so many seconds of picture and of sound."""
    return (
        Edit(number, _PICTURE_LEAD + round(since * _PICTURE_TICKS)),
        Edit(number, _SOUND_LEAD + round(since * _SOUND_TICKS)),
    )


@KIND("repeated.mov", Expect(seconds=(4,), heard=4, flashes=4, beeps=4))
@KIND("left-out.mov", Expect(seconds=(4,), heard=4, flashes=4, beeps=4))
def _several(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=5, video=_B_FRAMES)
    parts = (_seconds(2), _seconds(2)) if "repeated" in path.name else (_seconds(1), _seconds(3, 2))
    for track, *edits in zip((PICTURE, SOUND), *parts, strict=True):
        write_edits(path, track, *edits)
