"""H: fields and film: interlace, telecine, and headers that do not say so."""

from pathlib import Path

from tests.fidelity.expect import Expect
from tests.fidelity.patch import join, pulldown
from tests.fidelity.pattern import TO_BT709, picture
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import Workshop

KIND = Kind("H fields")
KINDS = (KIND,)
_NO_COMBS = Expect(seconds=(2,), hues=48, combing=True)
_SIZE = "640x360"
_TALL = "pad=640:480:0:60"  # the lines of a standard that has fields
_WOVEN = "tinterlace=interleave_top"
_MIXED = Expect(seconds=(8,), pictures=(238, 242), different=(210, 217), hues=48, combing=True)
_MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2")


def moving_fields(shop: Workshop, seconds: float, first: str = "top") -> list[str]:
    """Return input and filter: a bar that moves with each field."""
    rate = "60000/1001"
    graph = (
        f"{picture(shop.folder, seconds, rate, _SIZE)},{_TALL}[b];color=black:s=24x200:r={rate}[k];"
        "[b][k]overlay=format=gbrp:x='mod(n*9,620)':y=80:shortest=1"
    )
    mode = "interleave_top" if first == "top" else "interleave_bottom"
    return ["-f", "lavfi", "-i", graph, "-vf", f"{TO_BT709},tinterlace={mode}"]


def _interlaced(name: str, first: str, *codec: str) -> None:
    @KIND(name, _NO_COMBS)
    def make(shop: Workshop, path: Path) -> None:
        shop.run(*moving_fields(shop, 2, first=first), *codec, str(path))


_ILME = ("-flags", "+ildct+ilme")
_interlaced("mpeg2-top.ts", "top", *_MPEG2, *_ILME)
_interlaced("mpeg2-bottom.mpg", "bottom", *_MPEG2, *_ILME)
_interlaced("h264-top.ts", "top", "-c:v", "libx264", "-preset", "superfast", "-x264-params",
            "interlaced=1:tff=1")  # fmt: skip
_interlaced("h264-bottom.mp4", "bottom", "-c:v", "libx264", "-preset", "superfast", "-x264-params",
            "bff=1")  # fmt: skip
_interlaced("prores-top.mov", "top", "-c:v", "prores_ks", "-profile:v", "1", *_ILME)
_interlaced("ffv1.mkv", "top", "-c:v", "ffv1", "-field_order", "tt")
# Nothing in these says that there are fields.
_interlaced("h264-not-flagged.mp4", "top", "-c:v", "libx264", "-preset", "superfast",
            "-field_order", "progressive")  # fmt: skip
_interlaced("mpeg4-not-flagged.avi", "top", "-c:v", "mpeg4", "-q:v", "2")
_interlaced("mpeg2-not-flagged.ts", "bottom", *_MPEG2)


@KIND("h265-a-field-each-top.ts", _NO_COMBS)
@KIND("h265-a-field-each-bottom.mp4", _NO_COMBS)
def _field_each(shop: Workshop, path: Path) -> None:
    # Each picture of the stream is one field, half as high.
    first = path.stem.rpartition("-")[2]
    given = moving_fields(shop, 2, first=first)
    given[-1] += ",separatefields,setfield=prog"
    coded = f"log-level=none:interlace={first[0]}ff"
    shop.run(*given, "-c:v", "libx265", "-preset", "ultrafast", "-crf", "16", "-x265-params", coded,
             str(path))  # fmt: skip


@KIND("large-v210.mov", _NO_COMBS)
@KIND("large-rawvideo.mkv", _NO_COMBS)
def _large(shop: Workshop, path: Path) -> None:
    # It is read as it arrives, and the first 6 MB of it have few pictures.
    given = moving_fields(shop, 2)
    given[-1] += ",setfield=prog"
    shop.run(*given, "-c:v", path.stem.rpartition("-")[2], str(path))


_LATE = Expect(seconds=(9,), disc=False, hues=0, combing=True)


@KIND("black-first-ffv1.mkv", _LATE)
@KIND("black-first-h264.mp4", _LATE)
@KIND("black-first-mpeg2.ts", _LATE)
@KIND("black-first-large.mkv", _LATE)
def _black_first(shop: Workshop, path: Path) -> None:
    codecs = {
        "ffv1": ("-c:v", "ffv1"),
        "h264": ("-c:v", "libx264", "-preset", "superfast"),
        "mpeg2": _MPEG2,
        "large": ("-c:v", "ffvhuff"),
    }
    given = moving_fields(shop, 3)
    given[-1] += ",setfield=prog,tpad=start_duration=6"
    shop.run(*given, *codecs[path.stem.rpartition("-")[2]], str(path))


@KIND("ntsc.dv", _NO_COMBS)
@KIND("ntsc-dv.avi", _NO_COMBS)
@KIND("ntsc-dv.mov", _NO_COMBS)
def _dv(shop: Workshop, path: Path) -> None:
    given = moving_fields(shop, 2, first="bottom")
    given[-1] += ",scale=720:480:interl=1,setsar=8/9"
    shop.run(*given, "-pix_fmt", "yuv411p", "-c:v", "dvvideo", str(path))


_PIECES = Expect(seconds=(4,), hues=48, combing=True)


@KIND("progressive-then-interlaced.ts", _PIECES)
@KIND("interlaced-then-progressive.ts", _PIECES)
def _mixed(shop: Workshop, path: Path) -> None:
    interlaced_first = path.name.partition("-")[2].startswith("interlaced")
    pieces = []
    for number in range(2):
        piece = shop.place(f"piece{number}.ts")
        given = (
            [*moving_fields(shop, 2), *_MPEG2, *_ILME]
            if (number == 0) == interlaced_first
            else [*shop.picture(2, "30000/1001", _SIZE), "-vf", f"{_TALL},{TO_BT709}", *_MPEG2]
        )  # fmt: skip
        shop.run(*given, "-output_ts_offset", str(1 + 2.002 * number), "-muxdelay", "0", str(piece))
        pieces.append(piece)
    join(path, *pieces)


@KIND("hard-telecine.mpg", Expect(seconds=(4,), hues=48, combing=True))
def _hard_telecine(shop: Workshop, path: Path) -> None:
    shop.run(
        *shop.picture(4, "24000/1001", _SIZE), "-vf", f"{_TALL},{TO_BT709},telecine=pattern=23",
        *_MPEG2, *_ILME, str(path),
    )  # fmt: skip


@KIND("soft-telecine.mpg", Expect(seconds=(4,), pictures=(94, 98), different=(92, 98), hues=48))
@KIND("soft-telecine.ts", Expect(seconds=(4,), pictures=(94, 98), different=(92, 98), hues=48))
def _soft_telecine(shop: Workshop, path: Path) -> None:
    shop.run("-fflags", "+genpts", "-i", str(_film(shop)), "-c", "copy", str(path))


# As television shows it: a film, and then advertisements.
@KIND("soft-telecine-then-video.mpg", _MIXED)
@KIND("soft-telecine-then-video.ts", _MIXED)
def _film_and_video(shop: Workshop, path: Path) -> None:
    video, both = shop.place("video.m2v"), shop.place("both.m2v")
    shop.run(
        *shop.picture(4, "60000/1001", _SIZE), "-vf", f"{_TALL},{TO_BT709},{_WOVEN}",
        *_MPEG2, *_ILME, "-bf", "0", "-f", "mpeg2video", str(video),
    )  # fmt: skip
    join(both, _film(shop), video)
    shop.run("-fflags", "+genpts", "-i", str(both), "-c", "copy", str(path))


def _film(shop: Workshop) -> Path:
    plain = shop.place("film.m2v")
    at_video_rate = "settb=1001/30000,setpts=N,fps=30000/1001"
    shop.run(
        *shop.picture(4, "24000/1001", _SIZE), "-vf", f"{_TALL},{TO_BT709},{at_video_rate}",
        *_MPEG2, "-bf", "0", "-f", "mpeg2video", str(plain),
    )  # fmt: skip
    plain.write_bytes(pulldown(plain.read_bytes()))
    return plain


@KIND("progressive-flagged-as-fields.ts", Expect(seconds=(2,), hues=48, different=(48, 51)))
def _flagged(shop: Workshop, path: Path) -> None:
    shop.run(
        *shop.picture(2, "25", _SIZE), "-vf", f"{_TALL},{TO_BT709}", "-c:v", "libx264",
        "-preset", "superfast", "-x264-params", "fake-interlaced=1", str(path),
    )  # fmt: skip
