"""Tracks with nothing in them are not used, and are looked for only where nobody knows."""

from dataclasses import replace

from workers.media.empty import doubtful, met, without
from workers.media.info import AudioStream, MediaInfo, VideoStream

PICTURE = VideoStream(0, "h264", 1280, 720, present=True)
SOUND = AudioStream(1, "aac", 2, 48000, present=True)
NEXT = AudioStream(2, "aac", 2, 48000, start_time=0.0, duration=10.0)
FILE = MediaInfo("matroska,webm", 10.0, PICTURE, (SOUND, NEXT))


def test_nobody_asks_for_tracks_that_are_known_or_not_used() -> None:
    assert doubtful(FILE) is None
    assert doubtful(replace(FILE, video=replace(PICTURE, present=False), audio=())) is None


def test_the_next_sound_is_asked_for_after_an_empty_one() -> None:
    empty = replace(SOUND, present=False)
    file = replace(FILE, audio=(empty, NEXT))
    assert doubtful(file) is empty
    assert doubtful(without(file, empty)) is NEXT


def test_a_file_with_an_empty_picture_is_sound() -> None:
    empty = replace(PICTURE, present=False)
    file = replace(FILE, video=empty)
    assert doubtful(file) is empty
    found = without(file, empty)
    assert (found.video, found.audio) == (None, FILE.audio)


def test_sound_begins_with_its_first_packet() -> None:
    file = without(FILE, SOUND)
    (found,) = met(file, NEXT, ["4.0,"]).audio
    assert (found.start_time, found.duration, found.present) == (4.0, 6.0, True)
    (found,) = met(file, NEXT, ["N/A"]).audio
    assert found == replace(NEXT, present=True)


def test_a_picture_is_met() -> None:
    unmet = replace(PICTURE, present=False)
    assert met(replace(FILE, video=unmet), unmet, ["0.0"]) == FILE
