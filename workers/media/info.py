"""The output of ffprobe as typed values."""

from dataclasses import dataclass
from fractions import Fraction

# ffprobe names the transfer characteristics of ITU-R BT.2100 so: PQ and HLG.
HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
# ISO/IEC 23001-7 replaces a protected track's sample entry by one of these.
ENCRYPTED_TAGS = frozenset({"encv", "enca", "drmi", "drms"})
UNKNOWN_CODEC = "unknown"
# FFmpeg's names of the demuxers of a picture; of WebP it may be one that moves.
ANIMATED_WEBP = "webp_anim"
STILL_FORMATS = frozenset({"png_pipe", "jpeg_pipe", "webp_pipe", ANIMATED_WEBP})
_WIDE_PRIMARIES = frozenset({"bt2020", "film", "bt470m", "smpte431", "smpte432"})
# Curves far from BT.709's. PAL says gamma28 of pictures that are like all others, so it is believed
# only where nothing else says PAL.
OTHER_CURVES = frozenset({"gamma22", "gamma28", "linear"})
_SD_MATRICES = frozenset({"bt470bg", "smpte170m"})
_RGB = ("rgb", "bgr", "gbr", "argb", "abgr", "0rgb", "0bgr", "pal8")
_ALPHA = ("yuva", "rgba", "argb", "bgra", "abgr", "gbrap", "ya8", "ya16")


@dataclass(frozen=True, slots=True)
class VideoStream:
    """One moving picture stream; cover art never becomes one.

    Names are ffprobe's. What the file does not say is 0, None or empty.

    Attributes:
        index: the stream's number in the file.
        codec: "unknown" when FFmpeg has no name for it.
        width: in pixels of what is decoded, before pixel shape and rotation; so is the height.
        codec_tag: the container's four characters.
        rotation: clockwise turn that makes the picture upright: 0, 90, 180 or 270.
        sample_aspect_ratio: width of a stored pixel over its height.
        avg_frame_rate: frames over time.
        base_frame_rate: the rate that fits all time stamps (ffprobe's r_frame_rate).
        color_range: tv or pc.
        color_transfer: transfer characteristics.
        color_space: matrix coefficients.
        field_order: progressive, tt, bb, tb or bt.
        frame_count: frames that the container counts.
        start_time: first time stamp, in seconds.
        duration: seconds.
        cropped: whether the container cuts something off what is stored.
        fields: whether a picture that was looked at holds two fields.
        pulldown: whether pictures are held for two fields and three in turn, by their flags.
        telecined: whether that was done for good, and two of five pictures are woven of others.
        parity: the field that comes first, tff or bff, where no flag says that there are fields.
        dolby_vision: the profile.
        alpha_beside: whether an alpha channel lies beside the picture, as WebM has it.
    """

    index: int
    codec: str
    width: int
    height: int
    codec_tag: str = ""
    rotation: int = 0
    sample_aspect_ratio: Fraction = Fraction(1)
    avg_frame_rate: Fraction | None = None
    base_frame_rate: Fraction | None = None
    pix_fmt: str = ""
    color_range: str = ""
    color_primaries: str = ""
    color_transfer: str = ""
    color_space: str = ""
    field_order: str = ""
    frame_count: int | None = None
    start_time: float | None = None
    duration: float | None = None
    cropped: bool = False
    fields: bool = False
    pulldown: bool = False
    telecined: bool = False
    parity: str = ""
    dolby_vision: int | None = None
    alpha_beside: bool = False

    @property
    def display_size(self) -> tuple[Fraction, Fraction]:
        """Width and height as seen: square pixels, upright, not yet rounded."""
        width, height = Fraction(self.width) * self.sample_aspect_ratio, Fraction(self.height)
        # Grow one side instead of shrinking the other only when pixels are wide; tall pixels
        # keep the stored width, so no stored line or column is thrown away.
        if self.sample_aspect_ratio < 1:
            width, height = Fraction(self.width), self.height / self.sample_aspect_ratio
        return (height, width) if self.rotation in (90, 270) else (width, height)

    @property
    def display_width(self) -> int:
        """Width in square pixels as a viewer sees it."""
        return round(self.display_size[0])

    @property
    def display_height(self) -> int:
        """Height in square pixels as a viewer sees it."""
        return round(self.display_size[1])

    @property
    def interlaced(self) -> bool:
        """Whether the stream is declared, or was seen, to hold fields and not whole frames."""
        return self.fields or self.field_order in {"tt", "bb", "tb", "bt"}

    @property
    def frame_rate(self) -> Fraction | None:
        """The average rate, or the base rate when there is no average; None when unknown."""
        return self.avg_frame_rate or self.base_frame_rate

    @property
    def variable_frame_rate(self) -> bool:
        """Whether frames last unequally long: the two rates differ by more than 1 %."""
        average, base = self.avg_frame_rate, self.base_frame_rate
        if average is None or base is None:
            return False
        if self.interlaced and base == 2 * average:  # the base rate counts fields
            return False
        return abs(average - base) > base / 100

    @property
    def hdr(self) -> bool:
        """Whether the picture uses a high dynamic range transfer (PQ or HLG)."""
        return self.color_transfer in HDR_TRANSFERS

    @property
    def rgb(self) -> bool:
        """Whether its pixels are red, green and blue."""
        return self.pix_fmt.startswith(_RGB)

    @property
    def alpha(self) -> bool:
        """Whether one can see through its pixels."""
        return self.pix_fmt.startswith(_ALPHA) or self.alpha_beside

    @property
    def gamut(self) -> str:
        """Its primaries, also where only a matrix tells them."""
        wide = self.hdr or self.color_space.startswith("bt2020")
        assumed = "bt2020" if wide else "bt709"
        return self.color_primaries or assumed

    @property
    def wide_gamut(self) -> bool:
        """Whether its primaries or its curve are others than those of any television before."""
        curve = self.color_transfer in OTHER_CURVES and self.color_space not in _SD_MATRICES
        return self.gamut in _WIDE_PRIMARIES or curve


@dataclass(frozen=True, slots=True)
class AudioStream:
    """One sound stream; otherwise as `VideoStream`.

    Attributes:
        layout: of its channels.
        sample_rate: samples per second.
        default: whether the file marks it as the one to play.
        start_time: first time stamp in seconds, or None.
    """

    index: int
    codec: str
    channels: int
    sample_rate: int
    codec_tag: str = ""
    layout: str = ""
    default: bool = False
    start_time: float | None = None
    duration: float | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """From `start` on, in seconds of the film, a picture is `aspect` times as wide as high."""

    start: float
    aspect: Fraction


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A file as ffprobe sees it.

    Attributes:
        format_name: several names joined by commas.
        duration: seconds from the format or, failing that, the longest stream; None if unknown.
        video: the stream to show (default one, else the first), None when there is none.
        audio: every sound stream in file order.
        cover: the stream of a still picture beside the sound, if its decoder took it.
        other_videos: moving pictures beside `video`.
        subtitle_count: of text.
        start_time: the first time stamp of all streams, in seconds.
        stream_count: of picture, sound and text.
        beside_count: of covers, attachments, data.
        shapes: of the picture, if there are several.
        undescribed_count: streams with neither a codec's name nor a tag.
    """

    format_name: str
    duration: float | None
    video: VideoStream | None = None
    audio: tuple[AudioStream, ...] = ()
    cover: int | None = None
    other_videos: int = 0
    subtitle_count: int = 0
    start_time: float = 0.0
    stream_count: int = 0
    beside_count: int = 0
    undescribed_count: int = 0
    shapes: tuple[Shape, ...] = ()

    @property
    def still(self) -> bool:
        """Whether it is one picture and nothing else."""
        one = self.video is not None and self.video.frame_count == 1 and not self.audio
        still = self.format_name in STILL_FORMATS - {ANIMATED_WEBP}
        return still or (self.format_name == "gif" and one)

    @property
    def encrypted(self) -> bool:
        """Whether picture or sound carries a mark of encryption."""
        tags = [stream.codec_tag for stream in self.audio]
        if self.video is not None:
            tags.append(self.video.codec_tag)
        return any(tag in ENCRYPTED_TAGS for tag in tags)
