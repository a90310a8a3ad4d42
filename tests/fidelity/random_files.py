"""Odd files by chance: any container with codecs, times, shapes and faults that it can carry.

Nobody writes down what must come out of them: a plain decoder tells (`differential`), and the test
picture in them (disc, colours, flash and beep).
"""

from dataclasses import dataclass, replace
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fidelity import patch
from tests.fidelity.expect import Expect
from tests.fidelity.pattern import TO_BT709
from tests.fidelity.sample import Sample
from tests.fidelity.workshop import Workshop

_X264 = "-c:v libx264 -preset ultrafast -g 50"
_PICTURES = {
    "h264": _X264,
    "h264-b": "-c:v libx264 -preset veryfast -bf 3 -g 60",
    "hevc": "-c:v libx265 -preset ultrafast -x265-params log-level=error:crf=18",
    "mpeg2": "-c:v mpeg2video -q:v 2",
    "mpeg2-b": "-c:v mpeg2video -q:v 2 -bf 2",
    "mpeg4": "-c:v mpeg4 -q:v 2",
    "mjpeg": "-c:v mjpeg -q:v 2 -pix_fmt yuvj420p",
    "ffv1": "-c:v ffv1",
    "prores": "-c:v prores_ks -profile:v 1",
    "vp8": "-c:v libvpx -b:v 2M -deadline realtime -cpu-used 8",
    "vp9": "-c:v libvpx-vp9 -b:v 2M -deadline realtime -cpu-used 8",
    "flv1": "-c:v flv -q:v 2",
}
# Options, sample rates, layouts.
_ALL = ("mono", "stereo", "3.0", "quad", "5.1", "7.1")
_SOUNDS: dict[str, tuple[str, tuple[int, ...], tuple[str, ...]]] = {
    "aac": ("-c:a aac", (22050, 32000, 44100, 48000, 96000), _ALL),
    "mp3": ("-c:a libmp3lame", (22050, 44100, 48000), ("mono", "stereo")),
    "mp2": ("-c:a mp2", (32000, 44100, 48000), ("mono", "stereo")),
    "ac3": ("-c:a ac3", (32000, 44100, 48000), ("mono", "stereo", "3.0", "quad", "5.1")),
    "opus": ("-c:a libopus -mapping_family 1", (48000,), ("mono", "stereo", "5.1", "7.1")),
    "vorbis": ("-c:a libvorbis", (44100, 48000), ("mono", "stereo", "5.1")),
    "flac": ("-c:a flac", (8000, 44100, 48000, 96000), _ALL),
    "pcm": ("-c:a pcm_s16le", (8000, 11025, 44100, 48000, 96000), _ALL),
}
_CONTAINERS = {
    "mp4": ("h264 h264-b hevc mpeg4 vp9", "aac mp3 ac3 opus flac"),
    "mov": ("h264 h264-b mjpeg prores", "aac pcm"),
    "mkv": ("h264 h264-b hevc mpeg2-b ffv1 vp8 mjpeg", "aac mp3 ac3 opus vorbis flac pcm"),
    "webm": ("vp8 vp9", "opus vorbis"),
    "ts": ("h264 h264-b hevc mpeg2 mpeg2-b", "aac mp2 ac3"),
    "avi": ("mpeg4 mjpeg ffv1", "mp3 ac3 pcm"),
    "flv": ("h264 flv1", "aac-mono mp3-mono"),
    "mpg": ("mpeg2 mpeg2-b", "mp2 ac3"),
}
_RATES = ("10", "15", "24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001")
_TURNS = {0: "null", 90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}
# Stored width of a picture of 640 x 360, by the shape of its pixels.
_WIDTHS = {"1": 640, "4/3": 480, "8/9": 720, "2": 320}


@dataclass(frozen=True)
class Odd:
    """A file: what it is made of, and what is odd about it.

    Attributes:
        picture_late: seconds without a picture at the beginning; so with `sound_late`.
        seconds: when the picture ends; `heard` is when the sound does, 0 for none.
        offset: seconds that are added to all times.
        turn: degrees; told beside the picture.
        lie: how many times longer the file says that it is.
        keep: share of the file that is left, of its beginning.
        skip: share of a transport stream that is missing at the beginning.
        second: layout and sample rate, and size, of a second half that is joined on.
    """

    container: str = "mp4"
    picture: str = "h264"
    sound: str = "aac"
    rate: str = "25"
    sound_rate: int = 48000
    layout: str = "mono"
    seconds: float = 3.0
    heard: float = 3.0
    picture_late: float = 0.0
    sound_late: float = 0.0
    offset: float = 0.0
    pixels: str = "1"
    turn: int = 0
    lie: float = 1.0
    keep: float = 1.0
    skip: float = 0.0
    second: tuple[str, int, str] | None = None

    @property
    def name(self) -> str:
        """What is not as usual, as a name; Hypothesis would write all of it."""
        usual = Odd()
        words = [
            f"{field}={value}"
            for field, value in vars(self).items()
            if field != "container" and value != getattr(usual, field)
        ]
        return " ".join(words).replace("/", ":") + f".{self.container}"

    def make(self, shop: Workshop, path: Path) -> None:
        """Make it."""
        # A name of any length is for people; demuxers look at its end.
        whole = shop.place(f"odd.{self.container}")
        if self.second is None:
            self._film(shop, whole)
        else:
            layout, sound_rate, size = self.second
            other = replace(self, layout=layout, sound_rate=sound_rate, offset=self.seconds)
            pieces = [shop.place("first.ts"), shop.place("second.ts")]
            self._film(shop, pieces[0])
            other._film(shop, pieces[1], size)
            patch.join(whole, *pieces)
        if self.lie != 1 and self.container == "mkv":
            patch.duration(whole, self.lie * max(self.seconds, self.heard))
        if self.lie != 1 and self.container in ("mp4", "mov"):
            patch.media_duration(whole, self.lie)
        if self.skip:
            patch.cut_packets(whole, self.skip)
        if self.keep < 1:
            patch.cut(whole, self.keep)
        whole.rename(path)

    def _film(self, shop: Workshop, path: Path, size: str = "640x360") -> None:
        shape = f"{TO_BT709},scale=iw*{_WIDTHS[self.pixels]}/640:ih,setsar={self.pixels}"
        late = f"trim=start={self.picture_late}," if self.picture_late else ""
        tracks = [*shop.picture(self.seconds, self.rate, size)]
        codecs = _PICTURES[self.picture].split()
        if self.heard:
            options, _, _ = _SOUNDS[self.sound]
            tracks += shop.beeps(self.heard, self.layout, rate=self.sound_rate)
            cut = f"atrim=start={self.sound_late}" if self.sound_late else "anull"
            codecs += [*options.split(), "-af", cut, "-ar", str(self.sound_rate)]
        target = shop.place(f"plain.{self.container}") if self.turn else path
        # Trimmed pictures keep their times, and nothing may be put in their place.
        shop.run(
            *tracks, "-vf", f"{late}{_TURNS[self.turn]},{shape}", "-fps_mode", "passthrough",
            *codecs, "-strict", "-2", "-movflags", "+faststart", "-output_ts_offset",
            str(self.offset), str(target),
        )  # fmt: skip
        if self.turn:
            shop.run("-display_rotation", str(self.turn), "-i", str(target), "-c", "copy",
                     "-movflags", "+faststart", str(path))  # fmt: skip

    @property
    def expect(self) -> Expect:
        """What must come out, as far as the test picture tells it."""
        broken = self.keep < 1 or self.skip > 0
        # What little is missing is no reason to refuse a film. But where the sound ends alone, few
        # bytes are many seconds.
        much = self.keep < 0.9 or self.skip > 0 or (broken and self.heard > self.seconds)
        codes = {"truncated_media", "corrupt_media"} if much else set()
        return Expect(
            disc=not broken,
            hues=0 if broken else 48,
            refused=frozenset(codes),
            compared=True,
            damaged=None if broken else False,
        )


@st.composite
def odd_files(draw: st.DrawFn) -> Odd:
    """Files in which two or three things are odd."""
    container = draw(st.sampled_from(sorted(_CONTAINERS)))
    pictures, sounds = (each.split() for each in _CONTAINERS[container])
    sound, _, one = draw(st.sampled_from(sounds)).partition("-")
    _, rates, layouts = _SOUNDS[sound]
    odd = Odd(
        container=container,
        picture=draw(st.sampled_from(pictures)),
        sound=sound,
        rate=draw(st.sampled_from(_RATES if "mp" not in container[:2] else _RATES[2:])),
        sound_rate=draw(st.sampled_from(rates if container != "flv" else (44100,))),
        layout=draw(st.sampled_from((one,) if one else layouts)),
    )
    for change in draw(st.lists(st.sampled_from(_CHANGES), max_size=3, unique=True)):
        odd = change(draw, odd)
    return odd


def _ends_apart(draw: st.DrawFn, odd: Odd) -> Odd:
    return replace(odd, heard=draw(st.sampled_from((0.0, 1.2, 2.5, 4.0, 5.0))))


def _begins_apart(draw: st.DrawFn, odd: Odd) -> Odd:
    late = draw(st.sampled_from((0.3, 0.8, 1.4)))
    return replace(odd, picture_late=late) if draw(st.booleans()) else replace(odd, sound_late=late)


def _begins_late(draw: st.DrawFn, odd: Odd) -> Odd:
    return replace(odd, offset=draw(st.sampled_from((0.5, 10.0, 3600.0))))


def _is_shaped(draw: st.DrawFn, odd: Odd) -> Odd:
    if odd.container == "flv" or odd.picture == "mjpeg":
        return odd
    return replace(odd, pixels=draw(st.sampled_from(sorted(_WIDTHS))))


def _is_turned(draw: st.DrawFn, odd: Odd) -> Odd:
    if odd.container not in ("mp4", "mov"):
        return odd
    return replace(odd, turn=draw(st.sampled_from((90, 180, 270))))


def _lies(draw: st.DrawFn, odd: Odd) -> Odd:
    if odd.container not in ("mkv", "mp4", "mov"):
        return odd
    return replace(odd, lie=draw(st.sampled_from((0.5, 1.5, 3.0))))


def _is_cut(draw: st.DrawFn, odd: Odd) -> Odd:
    if odd.container == "ts" and draw(st.booleans()):
        return replace(odd, skip=draw(st.sampled_from((0.05, 0.2, 0.4))))
    return replace(odd, keep=draw(st.sampled_from((0.7, 0.93, 0.98))))


_QUICK = 44_100


def _is_joined(draw: st.DrawFn, odd: Odd) -> Odd:
    # The last block of a slow sound reaches further into the next part than what is in step: see
    # what is not done in docs/sources.md.
    if odd.container != "ts" or odd.sound_rate < _QUICK:
        return odd
    _, rates, layouts = _SOUNDS[odd.sound]
    second = (
        draw(st.sampled_from(layouts)),
        draw(st.sampled_from(rates)),
        draw(st.sampled_from(("640x360", "320x180", "960x540"))),
    )
    return replace(odd, second=second, offset=0.0, heard=3.0, picture_late=0.0, sound_late=0.0)


_CHANGES = (
    _ends_apart, _begins_apart, _begins_late, _is_shaped, _is_turned, _lies, _is_cut, _is_joined,
)  # fmt: skip


def random_samples(count: int, number: int) -> list[Sample]:
    """Return as many different files of a seed, or somewhat fewer."""
    found: list[Odd] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(odd_files())
    def collect(odd: Odd) -> None:
        found.append(odd)

    collect()
    return [Sample("random", odd.name, odd.expect, odd.make) for odd in dict.fromkeys(found)]
