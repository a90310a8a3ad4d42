"""The ladder an operator writes is read or refused with a clear sentence."""

from fractions import Fraction

import pytest

from workers.media.ladder import BUILT_IN, DEFAULT_LADDER, LadderError, load_ladder

RUNG = "[[rung]]\nshort_side = 360\ncrf = 24\nmax_bitrate = 1000000\n"


def test_an_empty_file_is_the_default() -> None:
    assert load_ladder("") == DEFAULT_LADDER
    assert load_ladder("") == BUILT_IN["default"]


def test_streams_have_more_sizes_than_there_are_files_but_for_the_mission() -> None:
    sizes = {
        name: [(rung.short_side, rung.mp4) for rung in ladder.rungs if rung.streamed]
        for name, ladder in BUILT_IN.items()
    }
    assert sizes == {
        "default": [(1080, False), (720, True), (480, True), (360, False)],
        "mission": [(720, True), (480, True)],
    }


def test_a_ladder_is_sorted_and_completed() -> None:
    ladder = load_ladder(
        'preset = "fast"\nkeyframe_seconds = 4\nmax_frame_rate = 29.97\n'
        + RUNG
        + RUNG.replace("360", "1080")
    )
    assert [rung.short_side for rung in ladder.rungs] == [1080, 360]
    assert (ladder.preset, ladder.keyframe_seconds) == ("fast", 4)
    assert ladder.max_frame_rate == Fraction(2997, 100)
    assert ladder.rungs[0].buffer_size == 2_000_000
    assert ladder.audio_bitrate == DEFAULT_LADDER.audio_bitrate


def test_a_whole_number_may_be_written_with_a_point_or_an_exponent() -> None:
    text = RUNG.replace("360", "360.0").replace("1_000_000", "1e6").replace("1000000", "1e6")
    assert load_ladder(text) == load_ladder(RUNG)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rung = [", "not TOML"),
        ("rung = []", "rung: .* at least 1 item"),
        ("rung = 3", "rung: .* valid tuple"),
        ("rungs = []", "rungs: Unexpected"),
        ("speed = 3", "speed: Unexpected"),
        ('preset = "warp"', "preset: .* 'veryfast'"),
        ("preset = 3", "preset: .* 'veryfast'"),
        ("keyframe_seconds = 0", "keyframe_seconds: .* greater than or equal to 0.5"),
        ('keyframe_seconds = "2"', "keyframe_seconds: .* must be a number"),
        ("audio_bitrate = true", "audio_bitrate: .* must be a number"),
        ("max_frame_rate = true", "max_frame_rate: .* must be a number"),
        ('max_frame_rate = "30"', "max_frame_rate: .* must be a number"),
        ("max_frame_rate = nan", "max_frame_rate: .* valid fraction"),
        ("max_frame_rate = 121", "max_frame_rate: .* less than or equal to 120"),
        (RUNG + RUNG, "rung: .* same short_side and codec"),
        (RUNG.replace("360", "361"), "rung 1 short_side: .* multiple of 2"),
        (RUNG.replace("360", "360.5"), "rung 1 short_side: .* valid integer"),
        (RUNG.replace("crf = 24\n", ""), "rung 1 crf: Field required"),
        (RUNG.replace("24", "52"), "rung 1: crf of h264 must be 0 to 51"),
        (RUNG.replace("24", "0") + 'codec = "av1"\n', "rung 1: crf of av1 must be 1 to 63"),
        (RUNG + 'codec = "vp9"\n', "rung 1 codec: .* 'hevc'"),
        (RUNG + "mp4 = 1\n", "rung 1 mp4: .* boolean"),
        (RUNG + "mp4 = false\n", "rung: .* no rung has mp4"),
        (RUNG + "mp4 = false\nstreamed = false\n", "rung: .* rung 1 is neither"),
        (RUNG + "height = 3\n", "rung 1 height: Unexpected"),
        ("rung = [3]", "rung 1: .* dictionary"),
    ],
)
def test_a_bad_ladder_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(LadderError, match=says):
        load_ladder(text)


def test_a_size_may_have_several_codecs() -> None:
    ladder = load_ladder(RUNG + 'codec = "av1"\n' + RUNG + RUNG + 'codec = "hevc"\n')
    assert [(rung.short_side, rung.codec) for rung in ladder.rungs] == [
        (360, "h264"), (360, "hevc"), (360, "av1"),
    ]  # fmt: skip
