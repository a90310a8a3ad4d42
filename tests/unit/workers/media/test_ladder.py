"""The ladder an operator writes is read or refused with a clear sentence."""

import pytest

from workers.media.ladder import DEFAULT_LADDER, LadderError, load_ladder

RUNG = "[[rung]]\nshort_side = 360\ncrf = 24\nmax_bitrate = 1000000\n"


def test_an_empty_file_is_the_default() -> None:
    assert load_ladder("") == DEFAULT_LADDER
    assert [rung.name for rung in DEFAULT_LADDER.rungs] == ["720p", "480p"]


def test_a_ladder_is_sorted_and_completed() -> None:
    ladder = load_ladder(
        'preset = "fast"\nkeyframe_seconds = 4\nmax_frame_rate = 29.97\n'
        + RUNG
        + RUNG.replace("360", "1080")
    )
    assert [rung.name for rung in ladder.rungs] == ["1080p", "360p"]
    assert (ladder.preset, ladder.keyframe_seconds) == ("fast", 4)
    assert ladder.rungs[0].buffer_size == 2_000_000
    assert ladder.audio_bitrate == DEFAULT_LADDER.audio_bitrate


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rung = [", "not TOML"),
        ("rung = []", "at least one"),
        ("rung = 3", "at least one"),
        ("rungs = []", "unknown entry: rungs"),
        ("speed = 3", "unknown entry: speed"),
        ('preset = "warp"', "preset must be one of"),
        ("preset = 3", "preset must be one of"),
        ("keyframe_seconds = 0", "keyframe_seconds must lie between"),
        ('keyframe_seconds = "2"', "must be a number"),
        ("audio_bitrate = true", "must be a number"),
        ("max_frame_rate = nan", "must be a number"),
        (RUNG + RUNG, "same short_side"),
        (RUNG.replace("360", "361"), "rung 1: short_side must be even"),
        (RUNG.replace("360", "360.5"), "rung 1: short_side must be a whole number"),
        (RUNG.replace("crf = 24\n", ""), "rung 1: crf is missing"),
        (RUNG.replace("24", "52"), "rung 1: crf must lie between"),
        (RUNG + "height = 3\n", "rung 1: unknown entry: height"),
        ("rung = [3]", "rung 1: must be a table"),
    ],
)
def test_a_bad_ladder_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(LadderError, match=says):
        load_ladder(text)
