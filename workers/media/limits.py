"""The limits on a source, and the reasons for refusing one."""

from pydantic import BaseModel, ByteSize, Field

from core.errors import Failure
from core.model.failure_codes import FailureCode
from workers.media.codecs import AUDIO, VIDEO
from workers.media.info import STILL_FORMATS, UNKNOWN_CODEC, MediaInfo, VideoStream
from workers.media.lengths import lasting
from workers.media.refusals import unsupported_codec, unsupported_format

# Containers that are taken, by FFmpeg's names. A fixed list: everything else FFmpeg could open
# (playlists, scripts, network formats, stills) is a way in for a hostile file.
FORMATS = frozenset(
    {
        "mov", "mp4", "m4a", "3gp", "3g2", "mj2", "matroska", "webm", "avi",
        "mpegts", "mpeg", "mpegvideo", "flv", "asf", "ogg", "mxf", "dv", "rm",
        "mp3", "aac", "wav", "w64", "flac", "aiff", "caf", "amr", "ac3", "eac3", "dts",
        "gif", "apng",
    }
)  # fmt: skip
# Containers whose length is only the difference of two times, or guessed by a bit rate.
_GUESSED = frozenset(
    {"mpegts", "mpeg", "mpegvideo", "mp3", "aac", "ac3", "eac3", "dts", "amr"}
)  # fmt: skip
# Refusals for what a header promises, which may not be there.
BY_LENGTH = frozenset({FailureCode.DURATION_TOO_LONG, FailureCode.TOO_MANY_FRAMES})
# Of films that count no frames, some claim 1000 a second.
_BELIEVED_RATE = 120
# A file that counts very many pictures must have so many bytes for each; the usual ones need some
# for its place alone. Else it shows the same bytes over and over.
_VERY_MANY, _LEAST_BYTES = 100_000, 8
# Subtitles, fonts, covers and data count as streams too. Nothing is done with them.
MAX_BESIDE = 256
_STILL_SIDE = 16_384  # of panoramas; the scaler takes no more


class Limits(BaseModel, frozen=True):
    """The largest source that is accepted, and the longest times for it.

    A part of a worker's settings, which names what each is: pixels, seconds, bytes. A rate is in
    pictures a second, as the container counts them; a wall time is that of an encode.
    """

    max_side_px: int = Field(8192, ge=16, le=16_384)
    max_pixels: int = Field(35_651_584, ge=256, description="of one picture: 8192 x 4352")
    max_still_pixels: int = Field(
        67_108_864, ge=256, description="of a still picture, of which there is only one: 64 Mi"
    )
    max_duration_s: float = Field(4 * 3600, gt=0)
    max_frame_rate: float = Field(1000, gt=0)
    max_frames: int = Field(864_000, ge=1, description="in the whole file: 4 h of 60 a second")
    audio_only: bool = Field(True, description="take sound without a picture")
    max_streams: int = Field(32, ge=1, le=1000, description="of picture and sound")
    min_readable: float = Field(
        0.9, ge=0, le=1, description="part of a damaged video that must be readable"
    )
    stills: bool = Field(False, description="take pictures whatever their names say")
    reach: ByteSize = Field(
        ByteSize(0), ge=0, description="of a file that is read to find its tracks; 0 for 5 MB"
    )
    probe_timeout_s: float = Field(10, gt=0)
    probe_output_bytes: ByteSize = Field(ByteSize(1_000_000), ge=10_000)
    stall_timeout_s: float = Field(60, gt=0, description="without any progress")
    wall_time_factor: float = Field(20, gt=0, description="of the source's length, within:")
    wall_time_min_s: float = Field(120, gt=0)
    wall_time_max_s: float = Field(25 * 3600, gt=0, description="what the longest video may need")

    @property
    def decoded_pixels(self) -> int:
        """The largest picture that is decoded at all."""
        return max(self.max_pixels, self.max_still_pixels) if self.stills else self.max_pixels

    def wall_seconds(self, duration: float | None) -> float:
        """Seconds that the encode of a source may take; the most when its length is unknown."""
        if duration is None:
            return self.wall_time_max_s
        wanted = max(self.wall_time_factor * duration, self.wall_time_min_s)
        return min(wanted, self.wall_time_max_s)


DEFAULT_LIMITS = Limits()


def refuse(info: MediaInfo, limits: Limits = DEFAULT_LIMITS) -> Failure | None:
    """Say why a source is not taken, or None when it is."""
    return (
        _container(info, limits)
        or _streams(info, limits)
        or _codecs(info)
        or _size(info, limits)
        or _length(info, limits)
    )


def believed(info: MediaInfo, limits: Limits = DEFAULT_LIMITS) -> MediaInfo:
    """Return a file without lengths that may be a jump of its clock, or a guess, and no length.

    Broadcasts are joined, and their clock begins anew after 26.5 hours. A sound that begins quietly
    has a low bit rate there. How long they really are is seen when they are encoded, which ends at
    the limit.
    """
    if info.format_name not in _GUESSED or (info.duration or 0.0) <= limits.max_duration_s:
        return info
    return lasting(info, None)


def decodable(codec: str) -> bool:
    """Whether sound in this codec is taken."""
    return codec in AUDIO


def _container(info: MediaInfo, limits: Limits) -> Failure | None:
    taken = FORMATS | STILL_FORMATS if limits.stills else FORMATS
    if not taken & set(info.format_name.split(",")):
        return unsupported_format(info.format_name)
    for count, most, what in (
        (info.stream_count, limits.max_streams, "tracks of picture and sound"),
        (info.beside_count, MAX_BESIDE, "subtitles, attachments and other tracks"),
    ):
        if count > most:
            words = f"The file has {count} {what}. The limit is {most}."
            return Failure(FailureCode.TOO_MANY_STREAMS, words)
    return None


def _streams(info: MediaInfo, limits: Limits) -> Failure | None:
    if info.encrypted:
        return Failure(
            FailureCode.ENCRYPTED_MEDIA,
            "The video is encrypted. Upload a version without protection.",
        )
    if info.stream_count == 0 and info.subtitle_count == 0:
        return Failure(FailureCode.CORRUPT_MEDIA, "The file is damaged: it has no tracks.")
    # Every track of an MP4 names its sample format; one without a name lost its description.
    tracks = [(stream.codec, stream.codec_tag) for stream in info.audio]
    if info.video is not None:
        tracks.append((info.video.codec, info.video.codec_tag))
    lost = any(_unreadable(codec, tag) for codec, tag in tracks)
    if info.video is None:
        lost = lost or info.undescribed_count > 0
    if lost and "mp4" in info.format_name.split(","):
        return Failure(
            FailureCode.CORRUPT_MEDIA, "The file is damaged: the description of a track is missing."
        )
    if info.video is None and not info.audio:
        return Failure(FailureCode.NO_VIDEO_STREAM, "The file has no picture and no sound.")
    if info.video is None and not limits.audio_only:
        return Failure(FailureCode.NO_VIDEO_STREAM, "The file has no picture, only sound.")
    return None


def _unreadable(codec: str, tag: str) -> bool:
    """Whether a track of an MP4 has no name; ffprobe writes what is no letter as `[35]`."""
    return codec == UNKNOWN_CODEC and (not tag or "[" in tag)


def _codecs(info: MediaInfo) -> Failure | None:
    video = info.video
    if video is not None and video.codec not in VIDEO:
        return unsupported_codec(video.codec, "video codec", "the film as H.264")
    if video is not None and video.own_colors:
        return Failure(
            FailureCode.UNSUPPORTED_CODEC,
            f"Dolby Vision profile {video.dolby_vision} is not supported: its colours need Dolby's "
            "own decoder. Export the film as HDR10, HLG or SDR and upload it again.",
        )
    # One odd track beside a good one is left out; losing all sound in silence would be worse.
    if info.audio and not any(decodable(stream.codec) for stream in info.audio):
        return unsupported_codec(info.audio[0].codec, "audio codec", "its sound as AAC")
    return None


def _size(info: MediaInfo, limits: Limits) -> Failure | None:
    video = info.video
    if video is None:
        return None
    if video.width < 1 or video.height < 1:
        return Failure(
            FailureCode.CORRUPT_MEDIA, "The file is damaged: the size of its picture is missing."
        )
    large = max(video.width, video.height, video.display_width, video.display_height)
    side, pixels = limits.max_side_px, limits.max_pixels
    if info.still and info.format_name in STILL_FORMATS:
        side, pixels = _STILL_SIDE, max(pixels, limits.max_still_pixels)
    if large > side or video.width * video.height > pixels:
        return Failure(
            FailureCode.RESOLUTION_TOO_LARGE,
            f"The picture is {video.width} x {video.height}. The limit is {side} "
            f"pixels per side and {pixels} in total.",
        )
    return None


def _length(info: MediaInfo, limits: Limits) -> Failure | None:
    video = info.video
    seconds = max(info.duration or 0.0, (video.duration if video else None) or 0.0)
    if seconds > limits.max_duration_s:
        return Failure(
            FailureCode.DURATION_TOO_LONG,
            f"The {'video' if video else 'sound'} lasts {seconds / 3600:.1f} hours. The limit is "
            f"{limits.max_duration_s / 3600:.1f} hours.",
        )
    frames = _frames(video, seconds) if video else 0
    if frames > limits.max_frames or _too_fast(video, seconds, limits):
        return Failure(
            FailureCode.TOO_MANY_FRAMES,
            f"The video has {frames} frames. The limit is {limits.max_frames}, and "
            f"{limits.max_frame_rate:g} per second.",
        )
    if info.size is not None and frames > max(_VERY_MANY, info.size / _LEAST_BYTES):
        return Failure(
            FailureCode.TOO_MANY_FRAMES,
            f"The video has {frames} frames in only {info.size} bytes. That makes no sense.",
        )
    return None


def _frames(video: VideoStream, seconds: float) -> int:
    if video.frame_count is not None:
        return video.frame_count
    # Without a count the lower rate is the likelier one, and a high one no proof.
    rates = [rate for rate in (video.avg_frame_rate, video.base_frame_rate) if rate]
    rate = min(rates, default=0)
    return round(rate * seconds) if rate <= _BELIEVED_RATE else 0


def _too_fast(video: VideoStream | None, seconds: float, limits: Limits) -> bool:
    if video is None or video.frame_count is None or seconds <= 0:
        return False
    length = video.duration or seconds
    # One second of grace: a short clip's last frame makes its rate look higher than it is.
    return video.frame_count > limits.max_frame_rate * (length + 1)
