"""The samples that `frontend/src/player/playlists.test.ts` has parsed by players' own parsers.

After a change on purpose: `FRAMEMILL_WRITE_SAMPLES=1`, and look at what has changed.
"""

import os
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from backend.playback import dash, hls
from backend.playback.film import Film, Segment, Track
from core.model.states import Made, TrackKind

PLACE = Path(__file__).parents[3] / "frontend" / "src" / "player" / "playlists"
ENDED = datetime(2026, 1, 1, tzinfo=UTC)


def segments(durations: list[int], init: int, size: int) -> list[Segment]:
    """Return segments; the first two in objects of their own, the others in one."""
    found: list[Segment] = []
    start, offset = 0, init
    for number, duration in enumerate(durations):
        place = min(number, 2)
        if number in (1, 2):
            offset = 0
        found.append(Segment(start, duration, place, offset, size + number))
        start, offset = start + duration, offset + size + number
    return found


def picture(
    name: str, height: int, bitrate: int, count: int = 5, codecs: str = "avc1.64001f"
) -> Track:
    durations = [48_048] * (count - 1) + [13_013]
    return Track(
        name, TrackKind.VIDEO, Made.ENCODED, codecs, 24_000, 760, bitrate,
        width=height * 16 // 9, height=height, frame_rate=Fraction(24_000, 1001),
        segments=segments(durations, 760, bitrate // 5),
    )  # fmt: skip


def sound(name: str, title: str | None, *, is_default: bool = True, count: int = 5) -> Track:
    durations = [96_256] * (count - 1) + [26_624]
    return Track(
        name, TrackKind.AUDIO, Made.ENCODED, "mp4a.40.2", 48_000, 720, 128_000, channels=2,
        language="en" if is_default else "fr", title=title, is_default=is_default,
        segments=segments(durations, 720, 31_000),
    )  # fmt: skip


PICTURES = [picture("720p", 720, 3_000_000), picture("480p", 480, 1_400_000)]
SOUNDS = [
    sound("audio", None),
    sound("audio-2", 'With "remarks", the maker\'s own', is_default=False),
]
GROWING = Film([picture("720p", 720, 3_000_000, 3), PICTURES[1], SOUNDS[0]])
COMPLETE = Film([*PICTURES, *SOUNDS], ENDED)
CODECS = Film(
    [
        PICTURES[0],
        picture("720p-hevc", 720, 1_900_000, codecs="hvc1.1.6.L93.90"),
        picture("720p-av1", 720, 1_600_000, codecs="av01.0.05M.08"),
        *SOUNDS,
    ],
    ENDED,
)
SOUND = Film(SOUNDS[:1], ENDED)
SAMPLES = {
    "growing.m3u8": hls.multivariant(GROWING),
    "growing-720p.m3u8": hls.media(GROWING, GROWING.tracks[0], is_event=True),
    "growing-audio.m3u8": hls.media(GROWING, SOUNDS[0], is_event=True),
    "complete.m3u8": hls.multivariant(COMPLETE),
    "complete-720p.m3u8": hls.media(COMPLETE, PICTURES[0], is_event=False),
    "complete-audio.m3u8": hls.media(COMPLETE, SOUNDS[0], is_event=False),
    "ended-720p.m3u8": hls.media(COMPLETE, PICTURES[0], is_event=True),
    "codecs.m3u8": hls.multivariant(CODECS),
    "codecs.mpd": dash.manifest(CODECS),
    "sound.m3u8": hls.multivariant(SOUND),
    "complete.mpd": dash.manifest(COMPLETE),
    "sound.mpd": dash.manifest(SOUND),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_what_is_written(name: str) -> None:
    place = PLACE / name
    if os.environ.get("FRAMEMILL_WRITE_SAMPLES"):
        place.write_text(SAMPLES[name])
    assert place.read_text() == SAMPLES[name]


def test_there_are_no_others() -> None:
    assert {path.name for path in PLACE.iterdir()} == set(SAMPLES)
