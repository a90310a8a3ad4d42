"""A source is turned away for the right reason, and only for a fault of its own."""

from dataclasses import replace
from fractions import Fraction

import pytest

from core.model.failure_codes import FailureCode
from workers.media.info import AudioStream, MediaInfo, VideoStream
from workers.media.limits import Limits, believed, refuse

VIDEO = VideoStream(
    index=0, codec="h264", width=1920, height=1080, codec_tag="avc1", duration=60.0,
    avg_frame_rate=Fraction(25), base_frame_rate=Fraction(25), frame_count=1500,
)  # fmt: skip
SOUND = AudioStream(index=1, codec="aac", channels=2, sample_rate=48000, codec_tag="mp4a")
FILE = MediaInfo("mov,mp4,m4a,3gp,3g2,mj2", 60.0, video=VIDEO, audio=(SOUND,), stream_count=2)


def test_a_good_file_is_taken() -> None:
    assert refuse(FILE) is None
    assert refuse(replace(FILE, audio=())) is None


def test_sound_alone_is_taken_unless_a_setting_refuses_it() -> None:
    sound = replace(FILE, video=None, stream_count=1)
    assert refuse(sound) is None
    refusal = refuse(sound, Limits(audio_only=False))
    assert refusal is not None
    assert refusal.code is FailureCode.NO_VIDEO_STREAM
    assert refuse(FILE, Limits(audio_only=False)) is None


def test_a_refusal_names_the_codec_and_says_what_helps() -> None:
    refusal = refuse(with_video(codec="magicyuv"))
    assert refusal is not None
    assert refusal.message == (
        "The video codec magicyuv is not supported. Export the film as H.264 and upload it again."
    )


def test_a_still_is_taken_if_it_may_be_one() -> None:
    still = replace(FILE, format_name="png_pipe")
    assert refuse(still, Limits(stills=True)) is None
    refusal = refuse(still)
    assert refusal is not None
    assert refusal.code == FailureCode.UNSUPPORTED_FORMAT


def test_dolby_vision_that_others_can_show_is_taken() -> None:
    assert refuse(with_video(dolby_vision=8, dolby_vision_base=1)) is None
    assert refuse(with_video(dolby_vision=10, dolby_vision_base=1)) is None
    assert refuse(with_video(dolby_vision=10)) is None


def with_video(**changes: object) -> MediaInfo:
    return replace(FILE, video=replace(VIDEO, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("info", "code"),
    [
        (replace(FILE, format_name="hls"), FailureCode.UNSUPPORTED_FORMAT),
        (replace(FILE, format_name="svg_pipe"), FailureCode.UNSUPPORTED_FORMAT),
        (replace(FILE, stream_count=33), FailureCode.TOO_MANY_STREAMS),
        (replace(FILE, video=None, audio=()), FailureCode.NO_VIDEO_STREAM),
        (MediaInfo("mov,mp4", None), FailureCode.CORRUPT_MEDIA),
        (MediaInfo("mov,mp4", None, subtitle_count=1), FailureCode.NO_VIDEO_STREAM),
        (replace(FILE, video=None, undescribed_count=1), FailureCode.CORRUPT_MEDIA),
        (replace(FILE, format_name="mpegts", video=None, audio=(), undescribed_count=1),
         FailureCode.NO_VIDEO_STREAM),
        (with_video(codec="unknown", codec_tag="av[35]1"), FailureCode.CORRUPT_MEDIA),
        (with_video(codec="unknown", codec_tag="zzz1"), FailureCode.UNSUPPORTED_CODEC),
        (with_video(codec_tag="encv"), FailureCode.ENCRYPTED_MEDIA),
        (with_video(dolby_vision=5), FailureCode.UNSUPPORTED_CODEC),
        (with_video(dolby_vision=10, dolby_vision_base=0), FailureCode.UNSUPPORTED_CODEC),
        (with_video(codec="magicyuv"), FailureCode.UNSUPPORTED_CODEC),
        (replace(FILE, audio=(replace(SOUND, codec="apac"),)), FailureCode.UNSUPPORTED_CODEC),
        (replace(FILE, audio=(replace(SOUND, codec="unknown", codec_tag=""),)),
         FailureCode.CORRUPT_MEDIA),
        (with_video(width=0), FailureCode.CORRUPT_MEDIA),
        (with_video(width=8194), FailureCode.RESOLUTION_TOO_LARGE),
        (with_video(width=8192, height=8192), FailureCode.RESOLUTION_TOO_LARGE),
        (with_video(sample_aspect_ratio=Fraction(9)), FailureCode.RESOLUTION_TOO_LARGE),
        (replace(FILE, duration=14401.0), FailureCode.DURATION_TOO_LONG),
        (with_video(duration=14401.0), FailureCode.DURATION_TOO_LONG),
        (with_video(frame_count=864_001), FailureCode.TOO_MANY_FRAMES),
        (with_video(frame_count=62_000), FailureCode.TOO_MANY_FRAMES),
    ],
)  # fmt: skip
def test_refusals(info: MediaInfo, code: FailureCode) -> None:
    refusal = refuse(info)
    assert refusal is not None
    assert refusal.code == code
    assert refusal.message.endswith(".")


def test_at_the_limit_is_taken() -> None:
    assert refuse(with_video(width=8192, height=4352)) is None
    assert refuse(replace(FILE, duration=14400.0)) is None
    assert refuse(replace(FILE, stream_count=32)) is None
    fast = replace(with_video(frame_count=864_000, duration=None), duration=14_400.0, size=10**9)
    assert refuse(fast) is None


def test_a_still_picture_may_be_larger() -> None:
    picture = VideoStream(0, "mjpeg", 8160, 6120)
    phone = replace(FILE, format_name="jpeg_pipe", video=picture, audio=(), stream_count=1)
    taken = Limits(stills=True)
    assert refuse(phone, taken) is None
    panorama = replace(picture, width=16_000, height=3900)
    assert refuse(replace(phone, video=panorama), taken) is None
    for other in (
        replace(phone, format_name="mov,mp4"),
        replace(phone, video=replace(panorama, height=4200)),
        replace(phone, video=replace(panorama, width=16_400)),
    ):
        refusal = refuse(other, taken)
        assert refusal is not None
        assert refusal.code == FailureCode.RESOLUTION_TOO_LARGE
    assert (taken.decoded_pixels, Limits().decoded_pixels) == (67_108_864, 35_651_584)


def test_pictures_that_the_bytes_cannot_hold() -> None:
    film = replace(with_video(frame_count=360_000, duration=None), duration=14_400.0)
    for size, code in ((100_000, "too_many_frames"), (2_879_999, "too_many_frames")):
        refusal = refuse(replace(film, size=size))
        assert refusal is not None
        assert refusal.code == code
    assert refuse(replace(film, size=2_880_000)) is None
    assert refuse(replace(with_video(frame_count=1500), size=100)) is None


def test_one_odd_track_beside_a_good_one_is_no_reason() -> None:
    odd = replace(SOUND, index=2, codec="apac", codec_tag="apac")
    assert refuse(replace(FILE, audio=(odd, SOUND))) is None


def test_a_claimed_rate_alone_is_no_reason() -> None:
    claim = with_video(
        frame_count=None, avg_frame_rate=Fraction(1000), base_frame_rate=Fraction(60)
    )
    assert refuse(claim) is None
    both = {"avg_frame_rate": Fraction(1000), "base_frame_rate": Fraction(1000)}
    uncounted = with_video(frame_count=None, **both)
    assert refuse(replace(uncounted, duration=400.0)) is None
    usual = with_video(frame_count=None)
    assert refuse(replace(usual, duration=14_000.0)) is None
    fast = with_video(frame_count=None, avg_frame_rate=Fraction(100), base_frame_rate=Fraction(100))
    refusal = refuse(replace(fast, duration=14_000.0))
    assert refusal is not None
    assert refusal.code is FailureCode.TOO_MANY_FRAMES


def test_the_limit_that_was_passed_is_named() -> None:
    attachments = refuse(replace(FILE, beside_count=260))
    assert attachments is not None
    assert "260" in attachments.message
    assert "The limit is 256." in attachments.message
    tracks = refuse(replace(FILE, stream_count=40))
    assert tracks is not None
    assert tracks.message == "The file has 40 tracks of picture and sound. The limit is 32."
    sound = refuse(replace(FILE, video=None, stream_count=1, duration=20_000.0))
    assert sound is not None
    assert sound.message.startswith("The sound lasts")


@pytest.mark.parametrize("format_name", ["mpegts", "mp3", "aac", "ac3", "mpegvideo"])
def test_a_guessed_length_is_no_reason(format_name: str) -> None:
    long = replace(FILE, format_name=format_name, duration=20_000.0)
    believed_of_it = believed(long)
    assert believed_of_it.duration is None
    assert refuse(believed_of_it) is None
    assert believed(replace(long, duration=60.0)).duration == 60.0
    assert believed(replace(long, format_name="flac")).duration == 20_000.0


def test_limits_can_be_changed() -> None:
    assert refuse(FILE, Limits(max_duration_s=59.0)) is not None


def test_other_limits() -> None:
    small = Limits(max_side_px=640, max_pixels=10**9, max_streams=1)
    refusal = refuse(FILE, small)
    assert refusal is not None
    assert refusal.code == FailureCode.TOO_MANY_STREAMS
    assert "The limit is 1." in refusal.message
    assert refuse(FILE, Limits(max_duration_s=60, max_frames=1500, max_frame_rate=25)) is None
    assert refuse(FILE, Limits(max_duration_s=59)) is not None
    assert refuse(FILE, Limits(max_frames=1499)) is not None
    assert refuse(FILE, Limits(max_frame_rate=24)) is not None


@pytest.mark.parametrize(
    ("duration", "seconds"), [(1.0, 120), (60.0, 1200), (9999.0, 90_000), (None, 90_000)]
)
def test_time_allowed(duration: float | None, seconds: float) -> None:
    assert Limits().wall_seconds(duration) == seconds


def test_time_allowed_otherwise() -> None:
    limits = Limits(wall_time_factor=2, wall_time_min_s=10, wall_time_max_s=100)
    assert [limits.wall_seconds(d) for d in (1, 30, 99, None)] == [10, 60, 100, 100]
