"""One odd file: what it is made of, how it is made, and what must come out of it."""

from dataclasses import dataclass, replace
from pathlib import Path

from tests.fidelity import patch, pattern
from tests.fidelity.expect import Expect
from tests.fidelity.patch import Edit
from tests.fidelity.workshop import Workshop

# Options of FFmpeg.
_X264 = "-c:v libx264 -preset ultrafast -g 50"
PICTURES = {
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
    "wmv2": "-c:v wmv2 -q:v 2",
    "msmpeg4": "-c:v msmpeg4 -q:v 2",
    "theora": "-c:v libtheora -q:v 9",
    "none": "-vn",
}
# Options, sample rates, layouts.
_ALL = ("mono", "stereo", "3.0", "quad", "5.1", "7.1")
SOUNDS: dict[str, tuple[str, tuple[int, ...], tuple[str, ...]]] = {
    "aac": ("-c:a aac", (22050, 32000, 44100, 48000, 96000), _ALL),
    "mp3": ("-c:a libmp3lame", (22050, 44100, 48000), ("mono", "stereo")),
    "mp2": ("-c:a mp2", (32000, 44100, 48000), ("mono", "stereo")),
    "ac3": ("-c:a ac3", (32000, 44100, 48000), ("mono", "stereo", "3.0", "quad", "5.1")),
    "opus": ("-c:a libopus -mapping_family 1", (48000,), ("mono", "stereo", "5.1", "7.1")),
    "vorbis": ("-c:a libvorbis", (44100, 48000), ("mono", "stereo", "5.1")),
    "flac": ("-c:a flac", (8000, 44100, 48000, 96000), _ALL),
    "pcm": ("-c:a pcm_s16le", (8000, 11025, 44100, 48000, 96000), _ALL),
    "wma": ("-c:a wmav2", (22050, 44100, 48000), ("mono", "stereo")),
}
_TURNS = {0: "null", 90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}
# Stored width of a picture of 640 x 360, by the shape of its pixels.
WIDTHS = {"1": 640, "4/3": 480, "8/9": 720, "2": 320}
_TAGS = "setparams=color_primaries=bt709:color_trc=bt709"
COLOURS = {
    "bt709": pattern.TO_BT709,
    "bt601": f"scale=out_color_matrix=smpte170m:out_range=tv,format=yuv420p,{_TAGS}"
             ":colorspace=smpte170m:range=tv",
    "full": f"scale=out_color_matrix=bt709:out_range=pc,format=yuv420p,{_TAGS}"
            ":colorspace=bt709:range=pc",
    "bt2020": "format=gbrp,zscale=rin=full:pin=709:tin=709:min=gbr:p=2020:t=2020_10:m=2020_ncl"
              ":r=limited,format=yuv420p",
}  # fmt: skip
# Which pictures are there. What is left keeps its time.
RHYTHMS = {
    "even": "null",
    "pauses": "select='lt(mod(n,20),12)'",
    "half-as-many": "select='gte(t,1.5)+not(mod(n,2))'",
}
_BARS = 60  # lines above and below


@dataclass(frozen=True)
class Odd:
    """A file: what it is made of, and what is odd about it.

    Attributes:
        picture: what it is coded with, "none" for sound alone; so with `sound`.
        picture_late: seconds without a picture at the beginning; so with `sound_late`.
        seconds: when the picture ends; `heard` is when the sound does, 0 for none.
        offset: seconds that are added to all times.
        turn: degrees; told beside the picture.
        lie: how many times longer the file says that it is.
        keep: share of the packets of the first track that is left, of the beginning.
        skip: share of a transport stream that is missing at the beginning.
        second: layout and sample rate, and size, of a second half that is joined on.
        edits: of an MP4, what is shown of each track.
        crop: where it is told that bars are to be cut off: "sps", "mkv" or "clap".
        rhythm: one of `RHYTHMS`; so with `colours`.
        fields: "flag" if whole pictures are called fields, "woven" for real ones.
        beside: other tracks: "cover", "tone-behind" or "tone-before".
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
    edits: tuple[Edit, ...] = ()
    crop: str = ""
    rhythm: str = "even"
    colours: str = "bt709"
    fields: str = ""
    beside: str = ""

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

    @property
    def shown(self) -> bool:
        """Whether it has a picture."""
        return self.picture != "none"

    def make(self, shop: Workshop, path: Path) -> None:
        """Make it."""
        # A name of any length is for people; demuxers look at its end.
        whole = shop.place(f"odd.{self.container}")
        if self.second is None:
            self._remuxed(shop, whole)
        else:
            self._joined(shop, whole)
        if self.edits:
            patch.edit_list(whole, self.edits)
        if self.lie != 1 and self.container == "mkv":
            patch.duration(whole, self.lie * max(self.seconds, self.heard))
        if self.lie != 1 and self.container in ("mp4", "mov"):
            patch.media_duration(whole, self.lie)
        if self.skip:
            patch.cut_packets(whole, self.skip)
        if self.keep < 1:
            packets = shop.packets(whole)
            patch.cut_at(whole, packets[round(self.keep * (len(packets) - 1))])
        whole.rename(path)

    def _joined(self, shop: Workshop, path: Path) -> None:
        assert self.second is not None
        layout, sound_rate, size = self.second
        # A pause of the sound in the middle may as well be a loss.
        other = replace(
            self, layout=layout, sound_rate=sound_rate, offset=self.seconds, sound_late=0.0
        )
        pieces = [shop.place("first.ts"), shop.place("second.ts")]
        self._film(shop, pieces[0])
        other._film(shop, pieces[1], size)
        patch.join(path, *pieces)

    def _remuxed(self, shop: Workshop, path: Path) -> None:
        """Make a film, and copy it where something is told beside its streams."""
        cover = self.beside == "cover"
        clap = self.crop == "clap"
        if not (self.turn or cover or clap):
            self._film(shop, path)
            return
        plain = shop.place(f"plain.{'mkv' if clap else self.container}")
        self._film(shop, plain)
        turn = ["-display_rotation", str(self.turn)] if self.turn else []
        behind: list[str] = []
        if cover:
            image = shop.place("cover.jpg")
            shop.run("-f", "lavfi", "-i", "color=red:s=1000x1000:d=0.04", "-frames:v", "1",
                     str(image))  # fmt: skip
            behind = ["-i", str(image), "-map", "0", "-map", "1",
                      f"-disposition:v:{int(self.shown)}", "attached_pic"]  # fmt: skip
            if self.container == "mkv":
                behind = ["-attach", str(image), "-metadata:s:t", "mimetype=image/jpeg"]
        shop.run(*turn, "-i", str(plain), *behind, "-c", "copy", "-strict", "-2",
                 *self._index(), str(path))  # fmt: skip

    def _film(self, shop: Workshop, path: Path, size: str = "640x360") -> None:
        tracks = self._source(shop, size) if self.shown else []
        # Trimmed pictures keep their times, and nothing may be put in their place.
        options = ["-vf", self._filters(), "-fps_mode", "passthrough"] if self.shown else []
        maps = ["-map", "0:v"] if self.shown else []
        if self.heard:
            beeps = len(maps) // 2
            tracks += shop.beeps(self.heard, self.layout, rate=self.sound_rate)
            maps += ["-map", f"{beeps}:a"]
            cut = f"atrim=start={self.sound_late}" if self.sound_late else "anull"
            options += [*SOUNDS[self.sound][0].split(), "-af", cut, "-ar", str(self.sound_rate)]
            if self.beside.startswith("tone"):
                tracks += ["-f", "lavfi", "-i", f"sine=440:r={self.sound_rate}:d={self.heard}"]
                tone = ["-map", f"{beeps + 1}:a"]
                maps = [*tone, *maps] if self.beside == "tone-before" else [*maps, *tone]
                default = int(self.beside == "tone-before")
                options += ["-disposition:a", "0", f"-disposition:a:{default}", "default"]
        shop.run(
            *tracks, *maps, *PICTURES[self.picture].split(), *self._flags(), *options,
            "-strict", "-2", *self._index(), "-output_ts_offset", str(self.offset), str(path),
        )  # fmt: skip
        if self.crop in ("mkv", "clap"):
            patch.pixel_crop(path, top=_BARS, bottom=_BARS)

    def _source(self, shop: Workshop, size: str) -> list[str]:
        if self.fields != "woven":
            return shop.picture(self.seconds, self.rate, size)
        twice = pattern.picture(shop.folder, self.seconds, f"{self.rate}*2", size)
        # A bar beside the disc that moves with each field.
        bar = f"[b];color=black:s=24x200:r={self.rate}*2[k];[b][k]overlay=format=gbrp"
        return ["-f", "lavfi", "-i", f"{twice}{bar}:x='W*0.72+mod(n*9,W*0.23)':y=20:shortest=1"]

    def _filters(self) -> str:
        late = f"trim=start={self.picture_late}," if self.picture_late else ""
        weave = "tinterlace=interleave_top," if self.fields == "woven" else ""
        flag = ",setfield=tff" if self.fields else ""
        bars = f",pad=iw:ih+{2 * _BARS}:0:{_BARS}" if self.crop else ""
        return (
            f"{late}{RHYTHMS[self.rhythm]},{_TURNS[self.turn]},{COLOURS[self.colours]},{weave}"
            f"scale=iw*{WIDTHS[self.pixels]}/640:ih,setsar={self.pixels}{bars}{flag}"
        )

    def _flags(self) -> list[str]:
        found = ["-flags", "+ilme+ildct"] if self.fields else []
        if self.crop == "sps":
            codec = "hevc" if self.picture == "hevc" else "h264"
            found += ["-bsf:v", f"{codec}_metadata=crop_top={_BARS}:crop_bottom={_BARS}"]
        return found

    def _index(self) -> list[str]:
        # Behind the media nothing moves when it is changed.
        return [] if self.edits else ["-movflags", "+faststart"]

    @property
    def expect(self) -> Expect:
        """What must come out, as far as the test picture tells it."""
        broken = self.keep < 1 or self.skip > 0
        # What little is missing is no reason to refuse a film. But where the sound ends alone, few
        # packets are many seconds; and in a film that is damaged what was left out may as well be
        # a loss.
        alone = self.shown and self.heard > self.seconds
        much = self.keep < 0.9 or self.skip > 0 or alone or self.rhythm != "even"
        codes = {"truncated_media", "corrupt_media"} if broken and much else set()
        beeps = 2 if self.beside.startswith("tone") and not (broken or self.edits) else 0
        return Expect(
            disc=self.shown and not broken,
            hues=48 if self.shown and not broken else 0,
            refused=frozenset(codes),
            compared=True,
            # Joined sounds of different formats: see what is not done in docs/sources.md.
            moved_s=0.08 if self.second else 0.045,
            damaged=None if broken else False,
            beeps=beeps if min(self.heard, 3.0) - self.sound_late > 2 else 0,
            combing=self.fields == "woven",
            sizes=((640, 360),) if self.crop and self.pixels == "1" else (),
        )
