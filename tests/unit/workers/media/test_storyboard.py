"""How many tiles a storyboard has, how large they are, and which picture stands for a film."""

from dataclasses import replace
from fractions import Fraction

import pytest

from workers.media.audio_plan import plan_audio
from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import DEFAULT_LADDER
from workers.media.plan import EncodePlan, plan
from workers.media.posters import LOOK_HEIGHT, LOOK_WIDTH, best, candidates
from workers.media.storyboard import Storyboard, storyboard_of

RATE = Fraction(24000, 1001)


def made(seconds: float | None, width: int = 1920, height: int = 1080) -> EncodePlan:
    video = VideoStream(
        index=0, codec="h264", width=width, height=height, duration=seconds,
        avg_frame_rate=RATE, base_frame_rate=RATE,
    )  # fmt: skip
    return plan(MediaInfo("mov,mp4", seconds, video=video), DEFAULT_LADDER)


def board(seconds: float | None, width: int = 1920, height: int = 1080) -> Storyboard:
    found = storyboard_of(made(seconds, width, height))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("seconds", "step", "grid"),
    [
        (0.02, 24, (1, 1)),
        (5, 24, (5, 1)),
        (21.6, 24, (10, 3)),
        (399, 24, (10, 10)),
        (401, 48, (10, 10)),
        (7200, 432, (10, 10)),
        (None, 240, (10, 10)),
    ],
)
def test_it_has_a_tile_a_second_and_at_most_some_400(
    seconds: float | None, step: int, grid: tuple[int, int]
) -> None:
    found = board(seconds)
    assert (found.step, (found.columns, found.rows)) == (step, grid)
    if seconds is not None:
        assert sum(found.sheets(round(seconds * RATE) or 1)) <= 401


@pytest.mark.parametrize(
    ("size", "tile"),
    [
        ((1920, 1080), (160, 90)),
        ((1080, 1920), (90, 160)),
        ((161, 121), (160, 120)),
        ((64, 48), (64, 48)),
        ((2000, 4), (160, 2)),
    ],
)
def test_tiles_have_the_shape_of_the_film(size: tuple[int, int], tile: tuple[int, int]) -> None:
    found = board(10, *size)
    assert (found.width, found.height) == tile


def test_sheets_are_full_but_for_the_last_one() -> None:
    found = board(399)
    assert found.sheets(24 * 250) == [100, 100, 50]
    assert found.sheets(24 * 250 + 1) == [100, 100, 51]
    assert found.sheets(1) == [1]
    assert found.sheets(0) == []
    # A header may have said too little.
    assert sum(found.sheets(24 * 100_000)) == 2000


def test_some_films_have_none() -> None:
    assert storyboard_of(replace(made(10), storyboard=False)) is None
    sound = AudioStream(index=0, codec="aac", channels=2, sample_rate=48000)
    assert storyboard_of(plan_audio(MediaInfo("mp4", 9.0, audio=(sound,)), DEFAULT_LADDER)) is None


def test_the_poster_is_sought_in_the_first_half() -> None:
    assert candidates(made(20)) == (0, 24, 48, 72, 96, 120, 144, 168, 192, 216, 240)
    assert candidates(made(0.02)) == (0,)
    assert candidates(made(None)) == (0, 24, 48, 96, 192, 384, 767)


def test_the_poster_is_the_candidate_with_most_in_it() -> None:
    assert best({0: 900, 1: 300, 2: 500, 3: 400}) == 2
    assert best({0: 900}) == 0
    assert best({}) is None


def test_what_is_dark_bright_or_flat_counts_for_less() -> None:
    pixels = LOOK_WIDTH * LOOK_HEIGHT
    good, dark = bytes([60, 160]) * (pixels // 2), bytes([10, 20]) * (pixels // 2)
    bright, flat = bytes([250, 240]) * (pixels // 2), bytes([120, 122]) * (pixels // 2)
    for poor in (dark, bright, flat):
        assert best({0: 900, 1: 500, 2: 300}, good + poor + good) == 2
    assert best({1: 300, 2: 500}, bytes(3 * pixels)) == 2
    # What was cut off counts as it is.
    assert best({1: 300, 2: 500}, good) == 2
