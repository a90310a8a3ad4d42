"""How much of the scratch disk a film takes."""

from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import DEFAULT_LADDER
from workers.media.plan import EncodePlan, plan
from workers.sources.room import outputs_room, whole_file_room

GB = 10**9
SOUND = AudioStream(index=1, codec="aac", channels=2, sample_rate=48000)


def film(seconds: float | None, *sound: AudioStream) -> EncodePlan:
    video = VideoStream(index=0, codec="h264", width=1920, height=1080)
    return plan(MediaInfo("mp4", seconds, video=video, audio=sound), DEFAULT_LADDER)


def test_a_source_that_is_fetched_is_kept_beside_what_is_made_of_it() -> None:
    assert whole_file_room(GB) == 3 * GB


def test_what_is_made_has_every_rung_at_its_ceiling() -> None:
    # 4 and 2 Mbit/s, and 128 kbit/s of sound with each, for a minute.
    assert outputs_room(film(60, SOUND), 10 * GB) == 60 * (6_000_000 + 2 * 128_000) // 8
    assert outputs_room(film(60), 10 * GB) == 60 * 6_000_000 // 8


def test_it_is_not_more_than_beside_a_source_that_is_kept() -> None:
    assert outputs_room(film(14_400, SOUND), GB) == 2 * GB
    assert outputs_room(film(None, SOUND), GB) == 2 * GB
