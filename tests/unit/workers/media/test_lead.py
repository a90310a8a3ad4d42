"""Which films begin with a lead, and what is in it."""

from dataclasses import replace
from fractions import Fraction

import pytest

from workers.media.audio_plan import plan_audio
from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import DEFAULT_LADDER, MISSION_LADDER, Ladder, Rung
from workers.media.lead import lead_of
from workers.media.plan import EncodePlan, plan
from workers.media.planned import Packaged
from workers.media.tracks import tracks_of

RATE = Fraction(24000, 1001)
SOUND = AudioStream(index=1, codec="aac", channels=2, layout="stereo", sample_rate=48_000)


def made(
    seconds: float | None = 21.0, ladder: Ladder = DEFAULT_LADDER, height: int = 1080
) -> EncodePlan:
    video = VideoStream(
        index=0, codec="h264", width=height * 16 // 9, height=height, duration=seconds,
        avg_frame_rate=RATE, base_frame_rate=RATE,
    )  # fmt: skip
    return plan(MediaInfo("mov,mp4", seconds, video=video, audio=(SOUND,)), ladder)


@pytest.mark.parametrize("seconds", [8.1, 21.0, 7200.0, None])
def test_it_is_the_smallest_size_and_the_sound(seconds: float | None) -> None:
    lead = lead_of(made(seconds))
    assert lead is not None
    assert [track.name for track in tracks_of(lead.plan)] == ["360p", "audio"]
    assert not lead.plan.files
    # The first segment of the sound is whole only if something comes behind it.
    assert lead.seconds > lead.plan.keyframe_interval / RATE + 1024 / 48_000


def test_what_comes_soon_by_itself_has_none() -> None:
    assert lead_of(made(7.9)) is None
    assert lead_of(made(ladder=MISSION_LADDER)) is None
    assert lead_of(made(height=360)) is None
    # All of the source would be read for them.
    assert lead_of(replace(made(), sound_delay=2.5)) is None
    assert lead_of(replace(made(), delay=2.5)) is None
    assert lead_of(replace(made(), audio=replace(SOUND, duration=1.9))) is None
    assert lead_of(made(ladder=replace(DEFAULT_LADDER, streamed=False))) is None
    info = MediaInfo("mov,mp4", 21.0, audio=(SOUND,))
    assert lead_of(plan_audio(info, DEFAULT_LADDER)) is None


def test_what_is_packaged_needs_none_unless_its_sound_is_encoded() -> None:
    packaged = Packaged(
        picture=0, sound=1, width=1920, height=1080, frame_rate=RATE, max_bitrate=6_000_000
    )
    assert lead_of(replace(made(), packaged=packaged)) is None
    silent = replace(made(), audio=None, packaged=replace(packaged, sound=None))
    assert lead_of(silent) is None
    lead = lead_of(replace(made(), packaged=replace(packaged, sound=None)))
    assert lead is not None
    assert [track.name for track in tracks_of(lead.plan)] == ["360p", "audio"]


def test_it_has_the_codec_that_every_player_takes() -> None:
    small = Rung(360, 30, 800_000, codec="av1", mp4=False)
    ladder = Ladder(rungs=(*DEFAULT_LADDER.rungs[:3], small))
    lead = lead_of(made(ladder=ladder))
    assert lead is not None
    assert [each.name for each in lead.plan.renditions] == ["480p"]
    assert lead_of(made(ladder=Ladder(rungs=(replace(small, mp4=True),)))) is None
