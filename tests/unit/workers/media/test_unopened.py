"""What stands beside a film in a codec that is not taken does not refuse the film."""

from dataclasses import replace

from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.unopened import Listed, kept, listed, whole

WORDS = """[magicyuv @ 0x7f] Codec (magicyuv) not on whitelist 'h264,aac'
Input #0, matroska,webm, from './input':
  Metadata:
    title           :   Stream #0:9: Video: h264
  Duration: 00:00:04.00, start: 0.000000, bitrate: 2034 kb/s
  Stream #0:0: Video: magicyuv (M8Y0 / 0x3059384D), yuv420p, 160x90, 25 fps, 25 tbr, 1k tbn
  Stream #0:1(eng): Audio: aac (LC), 48000 Hz, mono, fltp (default)
  Stream #0:2[0x101]: Video: h264 (High), yuv420p(progressive), 640x360, 25 fps, 25 tbr
  Stream #0:3: Audio: apac, 44100 Hz, stereo
  Stream #0:4: Subtitle: subrip (srt)
  Stream #0:5: Video: tiff, none, 90k tbr, 90k tbn (attached pic)
  Stream #0:6: Attachment: ttf
At least one output file must be specified
"""
COVER = Listed(1, "Video", "tiff", still=True)
FILM, FOREIGN = Listed(0, "Video", "h264"), Listed(2, "Video", "magicyuv")
SOUND, STRANGE = Listed(3, "Audio", "aac"), Listed(4, "Audio", "apac")


def test_what_is_taken_of_a_list_is_kept() -> None:
    name, streams = listed(WORDS)
    assert name == "matroska,webm"
    assert [each.index for each in streams] == [0, 1, 2, 3, 4, 5, 6]
    assert streams[5] == Listed(5, "Video", "tiff", still=True)
    assert kept(streams) == [1, 2]


def test_what_a_copy_holds_has_its_number_in_the_file_again() -> None:
    name, streams = listed(WORDS)
    picture = VideoStream(1, "h264", 640, 360)
    copy = MediaInfo("matroska", 4.0, picture, (SOUND_OF_COPY,))
    info = whole(copy, name, streams)
    assert info.format_name == "matroska,webm"
    assert info.video == replace(picture, index=2)
    assert [(each.index, each.codec) for each in info.audio] == [(1, "aac"), (3, "apac")]
    assert (info.other_videos, info.subtitle_count) == (1, 1)
    assert (info.stream_count, info.beside_count) == (5, 2)


SOUND_OF_COPY = AudioStream(0, "aac", 1, 48000)


def test_a_film_that_cannot_be_opened_is_not_made_of_what_is_left() -> None:
    assert kept([FOREIGN]) == kept([FOREIGN, SOUND]) == kept([FOREIGN, COVER]) == []
    assert kept([FILM, STRANGE]) == []
    assert kept([]) == kept([COVER]) == []


def test_beside_a_film_or_sound_anything_may_stand() -> None:
    assert kept([FILM, FOREIGN, SOUND, STRANGE]) == [0, 3]
    assert kept([COVER, SOUND]) == [3]
