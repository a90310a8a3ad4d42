"""What is measured of fields counts where no flag tells of them."""

from dataclasses import replace
from fractions import Fraction

import pytest

from workers.media.fields import Look, all_of, later_places, look_of, measured, worth_measuring
from workers.media.info import VideoStream

PAL = VideoStream(0, "h264", 720, 576, avg_frame_rate=Fraction(25))
NTSC = replace(PAL, height=480, avg_frame_rate=Fraction(30000, 1001))


def words(top: int, bottom: int, progressive: int, twice: int = 0) -> str:
    return (
        "[Parsed_idet_1 @ 0x55] Repeated Fields: Neither:     0 Top:     0 Bottom:     0\n"
        "[Parsed_idet_1 @ 0x55] Multi frame detection: TFF:     0 BFF:     0 Progressive:     0 "
        "Undetermined:     0\n"
        f"[Parsed_idet_1 @ 0x55] Repeated Fields: Neither:    50 Top:  {twice} Bottom:  {twice}\n"
        f"[Parsed_idet_1 @ 0x55] Multi frame detection: TFF:   {top} BFF:   {bottom} "
        f"Progressive:    {progressive} Undetermined:     0\n"
    )


@pytest.mark.parametrize(
    ("top", "bottom", "progressive", "parity"),
    [(100, 0, 0, "tff"), (2, 90, 8, "bff"), (0, 0, 100, ""), (38, 37, 25, ""), (20, 0, 0, "")],
)
def test_one_field_must_come_first_in_nearly_all_pictures(
    top: int, bottom: int, progressive: int, parity: str
) -> None:
    assert measured(PAL, [look_of(words(top, bottom, progressive))]).parity == parity


def test_pulldown_shows_each_second_field_twice() -> None:
    film = measured(NTSC, [look_of(words(121, 0, 0, twice=24))])
    assert (film.telecined, film.parity) == (True, "tff")
    assert not measured(NTSC, [look_of(words(121, 0, 0, twice=60))]).telecined
    # What is flagged is left to the flags.
    flagged = measured(replace(NTSC, fields=True), [look_of(words(121, 0, 0, twice=24))])
    assert (flagged.telecined, flagged.parity) == (True, "")


def test_words_that_tell_nothing_change_nothing() -> None:
    assert measured(PAL, [look_of("")]) == measured(PAL, []) == PAL


def test_a_still_beginning_does_not_count() -> None:
    assert measured(PAL, [Look(top=50, undetermined=70)]).parity == "tff"
    assert measured(PAL, [Look(undetermined=120), Look(bottom=60), Look()]).parity == "bff"


@pytest.mark.parametrize(
    ("look", "telling"),
    [
        (Look(top=90, undetermined=30), True),
        (Look(progressive=120), True),
        (Look(top=60, undetermined=60), False),
        (Look(top=29), False),
        (Look(undetermined=120), False),
    ],
)
def test_a_look_tells_something_if_pictures_moved(look: Look, telling: bool) -> None:
    assert look.telling == telling


def test_one_looks_again_at_other_parts_of_the_film() -> None:
    assert later_places(90.0) == pytest.approx((30, 60))
    assert len(later_places(None)) == 2


@pytest.mark.parametrize(
    ("video", "worth"),
    [
        (PAL, True),
        (replace(PAL, fields=True), False),
        (replace(PAL, avg_frame_rate=Fraction(50)), False),
        (replace(PAL, avg_frame_rate=None), False),
        (replace(PAL, width=1920, height=1080), False),
        (replace(PAL, width=1920, height=1080, codec="v210"), True),
        (replace(NTSC, fields=True), True),
        (replace(NTSC, pulldown=True), False),
    ],
)
def test_only_what_may_be_television_is_measured(video: VideoStream, worth: bool) -> None:
    assert worth_measuring(video) == worth


FILM = replace(NTSC, pulldown=True, avg_frame_rate=Fraction(24000, 1001))
WHOLE, WOVEN = "0.5,720,480,8:9,0", "9.5,720,480,8:9,1,"


def test_film_with_parts_that_are_video_is_made_as_video() -> None:
    video = all_of(FILM, [WHOLE] * 8 + [WOVEN] * 2)
    assert not video.pulldown
    assert video.frame_rate == Fraction(30000, 1001)
    assert not video.variable_frame_rate


def test_film_is_film_whatever_one_picture_says() -> None:
    for lines in ([WHOLE] * 10, [WHOLE] * 9 + [WOVEN], [], ["", "odd,1"]):
        assert all_of(FILM, lines) == FILM
    assert all_of(NTSC, [WOVEN] * 10) == NTSC
