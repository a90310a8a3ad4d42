"""What is planned of sound alone, and how what came of it is judged."""

from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from core.errors import TransientError
from core.model.failure_codes import FailureCode
from workers.media.audio_plan import AudioPlan, plan_audio
from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import MISSION_LADDER
from workers.media.limits import Limits
from workers.media.notes import done_of
from workers.media.verify import check, ends_early

SOUND = AudioStream(index=1, codec="flac", channels=2, sample_rate=96_000, duration=20.0)
SOURCE = MediaInfo("flac", 20.0, audio=(SOUND,), cover=0)
PLAN = plan_audio(SOURCE, MISSION_LADDER)


def made(seconds: float, **changes: object) -> dict[str, MediaInfo]:
    stream = replace(SOUND, codec="aac", duration=seconds)
    output = MediaInfo("mov,mp4", seconds, audio=(stream,) if seconds else ())
    return {"audio": replace(output, **changes)}  # type: ignore[arg-type]


def test_the_plan() -> None:
    assert AudioPlan(SOUND, 0, 128_000, 48_000, 20.0, "flac", streamed=True) == PLAN
    assert [item.file_name for item in PLAN.renditions] == ["audio.m4a"]
    described = TypeAdapter(AudioPlan).dump_python(PLAN, mode="json")
    assert TypeAdapter(AudioPlan).validate_python(described) == PLAN
    with pytest.raises(ValueError, match="without sound"):
        plan_audio(MediaInfo("wav", 1.0), MISSION_LADDER)


def test_an_unknown_length_is_no_measure() -> None:
    unknown = replace(PLAN, total_duration=None)
    assert check(unknown, made(10), complaint=FailureCode.CORRUPT_MEDIA) is None
    assert ends_early(unknown, made(10)) is None


def test_what_is_told_of_it() -> None:
    assert ends_early(PLAN, made(19)) == ("file", 19, 20.0)
    assert ends_early(PLAN, made(19.95)) is None
    assert check(PLAN, made(19), complaint=FailureCode.CORRUPT_MEDIA) is None
    assert check(PLAN, made(19), complaint=FailureCode.CORRUPT_MEDIA, lost=2) is not None
    surround = replace(PLAN, audio=replace(SOUND, channels=6))
    assert [str(note.code) for note in done_of(surround)] == ["made_from_sound", "audio_downmixed"]


def test_whole() -> None:
    assert check(PLAN, made(20)) is None
    assert check(PLAN, made(19.95), complaint=FailureCode.CORRUPT_MEDIA) is None
    # A length that the file gives is no proof.
    assert check(PLAN, made(10)) is None


@pytest.mark.parametrize(
    ("outputs", "complaint", "limits", "code"),
    [
        (made(10), FailureCode.TRUNCATED_MEDIA, Limits(), FailureCode.TRUNCATED_MEDIA),
        (made(10), FailureCode.CORRUPT_MEDIA, Limits(), FailureCode.CORRUPT_MEDIA),
        (made(0), None, Limits(), FailureCode.CORRUPT_MEDIA),
        (made(25), None, Limits(max_duration_s=25), FailureCode.DURATION_TOO_LONG),
    ],
)
def test_the_fault_of_the_file(
    outputs: dict[str, MediaInfo], complaint: FailureCode | None, limits: Limits, code: FailureCode
) -> None:
    refusal = check(PLAN, outputs, complaint=complaint, limits=limits)
    assert refusal is not None
    assert refusal.code is code


@pytest.mark.parametrize(
    "outputs", [{}, made(20, video=VideoStream(index=0, codec="h264", width=2, height=2))]
)
def test_another_result_than_planned_is_our_fault(outputs: dict[str, MediaInfo]) -> None:
    with pytest.raises(TransientError):
        check(PLAN, outputs)
