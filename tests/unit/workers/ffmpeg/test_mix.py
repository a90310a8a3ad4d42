"""Every channel is heard in the stereo mix; speech most of all."""

import re

import pytest

from workers.ffmpeg.mix import mix_of, surround_mix_of
from workers.media.info import AudioStream


def sound(channels: int, layout: str = "") -> AudioStream:
    return AudioStream(0, "pcm_s16le", channels, 48000, layout=layout)


@pytest.mark.parametrize(
    ("channels", "layout"), [(1, "mono"), (2, "stereo"), (6, "5.1(side)"), (8, "7.1"), (6, "")]
)
def test_plain_layouts_are_left_to_ffmpeg(channels: int, layout: str) -> None:
    assert mix_of(sound(channels, layout)) is None


@pytest.mark.parametrize(
    "layout", ["7.1.4", "12 channels (FL+FR+FC+LFE+BL+BR+SL+SR+TFL+TFR+TBL+TBR)", ""]
)
def test_the_centre_of_many_channels_is_heard_on_both_sides(layout: str) -> None:
    mix = mix_of(sound(12, layout))
    assert mix is not None
    left, right = mix.removeprefix("pan=stereo|c0=").split("|c1=")
    assert "0.707*c2" in left
    assert "0.707*c2" in right
    assert "c3" not in mix  # bass effects
    assert {"0.707*c10", "0.707*c8"} <= set(left.split("+"))


def test_of_what_nothing_is_known_everything_is_heard() -> None:
    mix = mix_of(sound(16))
    assert mix is not None
    assert all(f"0.250*c{number}" in mix for number in range(16))
    # A name that does not fit the count is not believed.
    assert mix_of(sound(9, "7.1.4")) == mix_of(sound(9))


def test_ambisonic_sound_becomes_two_microphones() -> None:
    assert mix_of(sound(4, "ambisonic 1")) == "pan=stereo|c0=0.707*c0+0.5*c1|c1=0.707*c0-0.5*c1"


def test_stereo_beside_ambisonic_sound_is_heard_whole() -> None:
    mix = mix_of(sound(6, "ambisonic 1+stereo"))
    assert mix == "pan=stereo|c0=0.707*c0+0.5*c1+1.000*c4|c1=0.707*c0-0.5*c1+1.000*c5"


def test_channels_beside_ambisonic_sound_are_heard_whatever_they_are() -> None:
    mix = mix_of(sound(12, "ambisonic 2+2.1"))
    assert mix is not None
    assert all(mix.count(f"0.577*c{number}") == 2 for number in (9, 10, 11))


def test_of_three_channels_without_names_the_third_is_the_centre() -> None:
    assert mix_of(sound(3)) == "pan=stereo|c0=1.000*c0+0.707*c2|c1=1.000*c1+0.707*c2"
    assert mix_of(sound(3, "2.1")) is None


def test_surround_of_more_channels_has_all_of_them() -> None:
    mix = surround_mix_of(sound(12, "7.1.4"))
    assert mix is not None
    assert mix.startswith("pan=5.1|FL=1.000*c0+0.707*c8|FR=1.000*c1+0.707*c9|FC=1.000*c2|LFE=")
    assert {f"c{number}" for number in range(12)} == set(re.findall(r"c\d+", mix))
    assert surround_mix_of(sound(6, "5.1(side)")) is None
