"""What is told of a source that comes out."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from core.model.notes import Note
from workers.media.damage import WHOLE, Damage, Place
from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.ladder import MISSION_LADDER
from workers.media.notes import begun_late, done_of, end_missing, left_behind, left_out, unreadable
from workers.media.plan import plan

RATE = Fraction(25)
FILM = VideoStream(
    index=0, codec="h264", width=854, height=480, duration=20.0,
    avg_frame_rate=RATE, base_frame_rate=RATE,
)  # fmt: skip
SOUND = AudioStream(index=1, codec="aac", channels=2, sample_rate=48_000, duration=20.0)
INFO = MediaInfo("mov,mp4", 20.0, video=FILM, audio=(SOUND,))


def done(info: MediaInfo) -> list[tuple[str, str]]:
    return told(done_of(plan(info, MISSION_LADDER)))


def warned(info: MediaInfo) -> list[tuple[str, str]]:
    return told(left_out(info, plan(info, MISSION_LADDER)))


def told(notes: tuple[Note, ...]) -> list[tuple[str, str]]:
    return [(note.code, note.message) for note in notes]


def test_of_a_plain_film_there_is_nothing_to_tell() -> None:
    assert done(INFO) == []
    assert warned(INFO) == []
    assert unreadable(None, WHOLE, WHOLE) == ()


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"rotation": 90}, "rotated", "90 degrees"),
        ({"color_transfer": "smpte2084"}, "tone_mapped", "HDR"),
        ({"color_primaries": "bt2020"}, "colors_converted", "BT.709"),
        ({"pix_fmt": "yuva444p"}, "alpha_flattened", "black"),
        ({"cropped": True}, "cropped", "edges"),
        ({"parity": "tff"}, "deinterlaced", "whole pictures"),
        ({"pulldown": True, "fields": True}, "pulldown_removed", "23.976 frames"),
        ({"field_order": "tt"}, "deinterlaced", "whole pictures"),
        ({"avg_frame_rate": Fraction(2399, 100)}, "frame_rate_normalized", "now always 25"),
        ({"avg_frame_rate": Fraction(240), "base_frame_rate": Fraction(240)},
         "frame_rate_reduced", "from 240 to 60 frames"),
        ({"duration": 14.0}, "picture_held", "6.0 s before the sound"),
        ({"start_time": 3.0, "duration": 17.0}, "picture_late", "3.0 s after the sound"),
    ],
)  # fmt: skip
def test_what_is_done_to_the_picture(changes: dict[str, Any], code: str, words: str) -> None:
    [(found, message)] = done(replace(INFO, video=replace(FILM, **changes)))
    assert found == code
    assert words in message


def test_a_rate_above_that_of_the_time_stamps_is_not_believed() -> None:
    broken = replace(FILM, avg_frame_rate=Fraction(1000), base_frame_rate=Fraction(60))
    assert [code for code, _ in done(replace(INFO, video=broken))] == ["frame_rate_normalized"]


def test_pictures_of_several_sizes_are_told() -> None:
    [found] = told(done_of(plan(INFO, MISSION_LADDER), resized=True))
    assert found[0] == "size_unified"


@pytest.mark.parametrize("codec", ["png", "gif"])
def test_a_picture_becomes_a_film(codec: str) -> None:
    kind = "png_pipe" if codec == "png" else "gif"
    video = replace(FILM, codec=codec, frame_count=1)
    [found] = done(MediaInfo(kind, None, video=video))
    assert found[0] == "made_from_still"


def test_what_is_done_to_the_sound() -> None:
    [found] = done(replace(INFO, audio=(replace(SOUND, channels=6),)))
    assert found == ("audio_downmixed", "The sound had 6 channels. They were mixed to stereo.")
    assert done(replace(INFO, audio=(replace(SOUND, channels=1),))) == []


def test_what_is_left_out() -> None:
    strange = AudioStream(index=2, codec="dolby_e", channels=2, sample_rate=48_000)
    more = replace(
        INFO, audio=(strange, replace(strange, codec="unknown"), SOUND, SOUND, SOUND),
        other_videos=1, subtitle_count=2,
    )  # fmt: skip
    assert warned(more) == [
        ("audio_dropped", "A sound track was left out: its codec dolby_e is not supported."),
        ("audio_dropped", "A sound track was left out: its codec is not known."),
        ("audio_dropped", "2 other sound tracks were left out: only one is kept."),
        ("video_dropped", "1 other video track was left out: only one is kept."),
        ("subtitles_dropped", "2 subtitle tracks of pictures, or of a rare format, were left out."),
    ]


def test_where_something_could_not_be_read() -> None:
    one = Damage((Place(70.3, 3.24),), 3.24)
    two = Damage((*one.places, Place(3725, 0.04)))
    many = Damage(tuple(Place(start, 1.0) for start in range(12, 72, 10)))
    assert told(unreadable(("file", 58.0, 60.0), one, WHOLE)) == [
        ("truncated", "The file ends early: 58.0 of 60.0 s could be read."),
        ("partly_damaged", "3.2 s at 1:10 could not be read."),
    ]
    assert told(unreadable(None, WHOLE, two)) == [
        ("partly_damaged", "3.2 s of the sound at 1:10 and 0.1 s of the sound at 1:02:05 could "
         "not be read."),
    ]  # fmt: skip
    assert told(unreadable(None, many, WHOLE)) == [
        ("partly_damaged", "6.0 s in 6 places, the first at 0:12, could not be read."),
    ]


def test_damage_whose_places_nobody_knows_is_told_too() -> None:
    for picture, sound in ((None, WHOLE), (WHOLE, None), (None, None)):
        [found] = told(unreadable(None, picture, sound))
        assert found == ("partly_damaged", "Parts of the file could not be read.")


def test_tracks_that_begin_too_late_are_told_once_of_each_kind() -> None:
    told = [(each.code, each.message) for each in begun_late(["audio", "video", "audio"])]
    assert told == [
        ("video_dropped", "A video track that begins later was left out: only one is kept."),
        ("audio_dropped", "A sound track was left out: it begins too late in the file."),
    ]
    assert begun_late([]) == ()


def test_what_is_behind_the_first_of_joined_files_is_told_with_its_share() -> None:
    (only,) = left_behind(0.5)
    assert only.code == "partly_damaged"
    assert "(50% of the file) could not be read" in only.message


def test_a_picture_whose_end_is_missing() -> None:
    assert [each.message for each in end_missing()] == ["The end of the picture could not be read."]


def test_a_right_channel_is_not_left_out() -> None:
    left = AudioStream(1, "pcm_s16le", 1, 48_000, present=True)
    right = replace(left, index=2)
    assert warned(replace(INFO, format_name="mxf", audio=(left, right))) == []


def test_damage_is_told_of_each_sound() -> None:
    broken = Damage((Place(70, 3.2),))
    [first, second, other] = told(unreadable(None, WHOLE, broken, {2: broken, 3: WHOLE, 4: None}))
    assert first == ("partly_damaged", "3.2 s of the sound at 1:10 could not be read.")
    assert second == ("partly_damaged", "3.2 s of sound track 2 at 1:10 could not be read.")
    assert other == ("partly_damaged", "Parts of the file could not be read.")
