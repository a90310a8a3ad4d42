"""The output of ffprobe as typed values."""

from dataclasses import dataclass
from fractions import Fraction

from workers.media.strays import Stray
from workers.media.texts import Chapter, TextStream

# ffprobe names the transfer characteristics of ITU-R BT.2100 so: PQ and HLG.
HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})
# ISO/IEC 23001-7 replaces a protected track's sample entry by one of these.
ENCRYPTED_TAGS = frozenset({"encv", "enca", "drmi", "drms"})
UNKNOWN_CODEC = "unknown"
# FFmpeg's names of the demuxers of a picture; of WebP it may be one that moves.
ANIMATED_WEBP = "webp_anim"
STILL_FORMATS = frozenset({"png_pipe", "jpeg_pipe", "webp_pipe", ANIMATED_WEBP})
_WIDE_PRIMARIES = frozenset({"bt2020", "film", "bt470m", "smpte431", "smpte432"})
# Curves far from BT.709's: 2.2, 2.8 and 1, by the names that ffprobe gives them. PAL says 2.8 of
# pictures that are like all others, so it is believed only where nothing else says PAL.
OTHER_CURVES = frozenset({"bt470m", "bt470bg", "linear"})
# Profiles of Dolby Vision: one whose base layer no other decoder shows, and those (of AV1 and of
# two eyes) where a number tells whether that is so.
_DOLBY_VISION_ALONE = 5
_DOLBY_VISION_ANY_BASE = frozenset({10, 20})
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
        usual_rate: that most of its first pictures follow each other at.
        color_range: tv or pc.
        color_transfer: transfer characteristics.
        color_space: matrix coefficients.
        field_order: progressive, tt, bb, tb or bt.
        frame_count: frames that the container counts.
        start_time: first time stamp, in seconds.
        duration: seconds.
        cropped: whether the container cuts something off what is stored.
        grows: whether its first pictures are smaller than that.
        fields: whether a picture that was looked at holds two fields.
        pulldown: whether pictures are held for two fields and three in turn, by their flags.
        telecined: whether that was done for good, and two of five pictures are woven of others.
        parity: the field that comes first, tff or bff, where no flag says that there are fields.
        dolby_vision: the profile.
        dolby_vision_base: a number for how others may show its base layer; 0 is not at all.
        alpha_beside: whether an alpha channel lies beside the picture, as WebM has it.
        present: whether something is known to be in it: the container counts it, or it was decoded.
        split: top or bottom, the first field, if each picture is one: two in turn make a whole one.
        behind: seconds by which its pictures come later than they belong.
        turned_twice: whether the container and the pictures themselves both say how to turn them.
        captioned: whether closed captions may be hidden in the pictures.
        strays: those whose times are broken.
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
    usual_rate: Fraction | None = None
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
    grows: bool = False
    fields: bool = False
    pulldown: bool = False
    telecined: bool = False
    parity: str = ""
    dolby_vision: int | None = None
    dolby_vision_base: int | None = None
    alpha_beside: bool = False
    present: bool = False
    split: str = ""
    behind: float = 0.0
    turned_twice: bool = False
    captioned: bool = False
    strays: tuple[Stray, ...] = ()

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
    def own_colors(self) -> bool:
        """Whether only a decoder of Dolby Vision shows its colours: those of profile 5."""
        new = self.dolby_vision in _DOLBY_VISION_ANY_BASE and self.dolby_vision_base == 0
        return self.dolby_vision == _DOLBY_VISION_ALONE or new

    @property
    def rgb(self) -> bool:
        """Whether its pixels are red, green and blue."""
        return self.pix_fmt.startswith(_RGB)

    @property
    def alpha(self) -> bool:
        """Whether one can see through its pixels."""
        return self.pix_fmt.startswith(_ALPHA) or self.alpha_beside

    @property
    def may_hide(self) -> bool:
        """Whether one may see through some of its pixels; of a palette nobody tells before."""
        return self.alpha or (self.codec == "png" and self.pix_fmt == "pal8")

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
        beside: whether the file marks it as made for some: a comment, a description, no voices.
        language: as BCP 47 has it; empty if the file does not say.
        title: its name, as the file has it.
        role: what it is for, as DASH calls it, if not just for all: `commentary`, `description`.
        other_programme: whether it belongs to another programme than the picture.
        frame_count: packets that the container counts.
        start_time: first time stamp in seconds, or None.
        present: as of a `VideoStream`.
    """

    index: int
    codec: str
    channels: int
    sample_rate: int
    codec_tag: str = ""
    layout: str = ""
    default: bool = False
    frame_count: int | None = None
    start_time: float | None = None
    duration: float | None = None
    present: bool = False
    beside: bool = False
    other_programme: bool = False
    language: str = ""
    title: str = ""
    role: str = ""
    strays: tuple[Stray, ...] = ()


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
        subtitle_count: of text, and of pictures of text.
        texts: those of text that can be shown beside the picture.
        chapters: parts of it that have names.
        start_time: the first time stamp of all streams, in seconds.
        stream_count: of picture and sound.
        beside_count: of text, covers, attachments, data.
        shapes: of the picture, if there are several.
        size: of the file, in bytes.
        undescribed_count: streams with neither a codec's name nor a tag.
    """

    format_name: str
    duration: float | None
    video: VideoStream | None = None
    audio: tuple[AudioStream, ...] = ()
    cover: int | None = None
    other_videos: int = 0
    subtitle_count: int = 0
    texts: tuple[TextStream, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    start_time: float = 0.0
    stream_count: int = 0
    beside_count: int = 0
    undescribed_count: int = 0
    size: int | None = None
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
