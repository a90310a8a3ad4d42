"""Half a file never counts as a whole one."""

from dataclasses import replace
from fractions import Fraction

import pytest

from core.errors import TransientError
from core.model.failure_codes import FailureCode
from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import MISSION_LADDER
from workers.media.limits import Limits
from workers.media.plan import held, plan
from workers.media.verify import Ends, apart, check, ends_early, shortened

RATE = Fraction(25)
SOUND = AudioStream(index=1, codec="aac", channels=2, sample_rate=48000, duration=20.0)
SOURCE = VideoStream(
    index=0, codec="h264", width=854, height=480, duration=20.0,
    avg_frame_rate=RATE, base_frame_rate=RATE,
)  # fmt: skip
PLAN = plan(MediaInfo("mov,mp4", 20.0, video=SOURCE, audio=(SOUND,)), MISSION_LADDER)


def output(frames: int, **changes: object) -> dict[str, MediaInfo]:
    video = replace(SOURCE, frame_count=frames, duration=frames / 25, **changes)  # type: ignore[arg-type]
    return {"480p": MediaInfo("mov,mp4", 20.0, video=video, audio=(SOUND,))}


def test_whole() -> None:
    assert check(PLAN, output(500)) is None
    assert check(PLAN, output(490)) is None
    assert check(PLAN, output(510)) is None


@pytest.mark.parametrize("complaint", [FailureCode.TRUNCATED_MEDIA, FailureCode.CORRUPT_MEDIA])
def test_too_little(complaint: FailureCode) -> None:
    refusal = check(PLAN, output(250), complaint=complaint)
    assert refusal is not None
    assert refusal.code == complaint
    assert "10.0 of 20.0 seconds" in refusal.message
    assert check(PLAN, output(449), complaint=complaint) is not None
    assert check(PLAN, output(450), complaint=complaint) is None


def test_what_is_missing_in_between_counts() -> None:
    damaged = FailureCode.CORRUPT_MEDIA
    assert check(PLAN, output(500), complaint=damaged, lost=2.0) is None
    assert check(PLAN, output(475), complaint=damaged, lost=1.0) is None
    refusal = check(PLAN, output(475), complaint=damaged, lost=1.1)
    assert refusal is not None
    assert refusal.message == "The file is damaged: 17.9 of 20.0 seconds could be read."


def test_what_the_clock_has_leapt_over_is_not_wanted() -> None:
    less = shortened(PLAN, 10.0)
    assert check(less, output(250), complaint=FailureCode.CORRUPT_MEDIA) is None
    assert ends_early(less, output(250)) is None
    assert ends_early(less, output(240)) is not None


def test_how_much_must_be_readable_is_a_setting() -> None:
    half = Limits(min_readable=0.5)
    cut = FailureCode.TRUNCATED_MEDIA
    assert check(PLAN, output(250), complaint=cut, limits=half) is None
    assert check(PLAN, output(249), complaint=cut, limits=half) is not None


def heard(frames: int, seconds: float | None) -> dict[str, MediaInfo]:
    return {"480p": replace(output(frames)["480p"], audio=(replace(SOUND, duration=seconds),))}


def test_a_missing_end_is_known() -> None:
    assert ends_early(PLAN, heard(475, 18.9)) == ("file", 19.0, 20.0)
    assert ends_early(PLAN, heard(475, None)) == ("file", 19.0, 20.0)
    assert ends_early(PLAN, heard(475, 20.0)) == ("picture", 19.0, 20.0)
    assert ends_early(PLAN, heard(500, 18.9)) == ("sound", 18.9, 20.0)
    assert ends_early(PLAN, heard(498, 19.95)) is None
    assert ends_early(PLAN, heard(510, 21.0)) is None


def test_a_picture_that_was_held_does_not_hide_that_it_is_missing() -> None:
    longer = held(PLAN, 19.0, 20.0)
    assert ends_early(longer, output(500)) == ("picture", 19.0, 20.0)
    mostly_sound = held(replace(PLAN, duration=14.0, frame_count=350), 14.0, 20.0)
    refusal = check(mostly_sound, heard(500, 15.0), complaint=FailureCode.TRUNCATED_MEDIA)
    assert refusal is not None
    assert "15.0 of 20.0 seconds" in refusal.message


def test_the_last_picture_must_stand_until_the_sound_ends() -> None:
    assert apart(PLAN, heard(500, 20.2)) is None
    assert apart(PLAN, heard(500, 21.0)) == Ends(20.0, 21.0)
    # A sound may end before the picture does.
    assert apart(PLAN, heard(500, 5.0)) is None


def test_a_last_picture_that_stood_on_in_silence_is_held_for_less() -> None:
    promised = held(PLAN, 20.0, 50.0)
    ends = apart(promised, heard(1250, 22.0))
    assert ends == Ends(20.0, 22.0)
    better = held(promised, ends.picture, ends.sound)
    assert (better.hold, better.duration, better.frame_count) == (2.0, 22.0, 550)
    assert apart(better, heard(550, 22.0)) is None
    too_short = held(replace(PLAN, duration=5.0, frame_count=125), 5.0, 20.0)
    ends = apart(too_short, heard(875, 20.0))
    assert ends == Ends(20.0, 20.0)
    better = held(too_short, ends.picture, ends.sound)
    assert (better.hold, better.duration) == (0.0, 20.0)


def test_a_length_that_the_file_gives_is_no_proof() -> None:
    assert check(PLAN, output(250)) is None


def test_sound_may_outlast_a_picture_of_unknown_length() -> None:
    unknown = replace(PLAN, duration=None, frame_count=None)
    assert check(unknown, output(250)) is None
    cut = {"480p": replace(output(250)["480p"], duration=10.0)}
    refusal = check(unknown, cut, complaint=FailureCode.TRUNCATED_MEDIA)
    assert refusal is not None
    assert refusal.code == FailureCode.TRUNCATED_MEDIA


def test_nothing_came_out() -> None:
    for empty in (output(0), {"480p": MediaInfo("mov,mp4", None)}):
        refusal = check(PLAN, empty)
        assert refusal is not None
        assert refusal.code == FailureCode.CORRUPT_MEDIA


@pytest.mark.parametrize(
    "outputs",
    [
        {},
        output(500, width=852),
        output(500, rotation=90),
        output(500, sample_aspect_ratio=Fraction(4, 3)),
    ],
)
def test_another_result_than_planned_is_our_fault(outputs: dict[str, MediaInfo]) -> None:
    with pytest.raises(TransientError):
        check(PLAN, outputs)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(max_frames=500), FailureCode.TOO_MANY_FRAMES),
        (Limits(max_duration_s=20.0), FailureCode.DURATION_TOO_LONG),
    ],
    ids=["frames", "duration"],
)
@pytest.mark.parametrize("said", [5.0, None])
def test_what_ended_at_a_limit_is_longer_than_it_said(
    limits: Limits, code: FailureCode, said: float | None
) -> None:
    count = None if said is None else 125
    promised = replace(PLAN, duration=said, frame_count=count, total_duration=said)
    refusal = check(promised, output(500), limits=limits)
    assert refusal is not None
    assert refusal.code == code
    # A film that said so, and is just as long as is taken.
    assert check(PLAN, output(500), limits=limits) is None


def test_sound_that_was_announced_and_did_not_come() -> None:
    silent = {name: replace(made, audio=()) for name, made in output(500).items()}
    refusal = check(PLAN, silent)
    assert refusal is not None
    assert refusal.code == FailureCode.CORRUPT_MEDIA
    assert check(replace(PLAN, audio=None), silent) is None
