"""B: size, channels or rate change in mid-stream."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.fidelity.expect import Expect
from tests.fidelity.patch import join
from tests.fidelity.pattern import TO_BT709
from tests.fidelity.sample import NOT_YET, Kind
from tests.fidelity.workshop import H264, Workshop

KIND = Kind("B changes")
KINDS = (KIND,)
_ALL = Expect(seconds=(6,), heard=6, flashes=6, beeps=6)
_HALF = 3
# Turned: the middle of the picture, so narrow that only the disc is in it.
_TURNED = f"crop=202:360,{TO_BT709}"


def _two(
    shop: Workshop, path: Path, first: Mapping[str, object], second: Mapping[str, object]
) -> None:
    """Join two recordings of three seconds whose time stamps go on."""
    _join(shop, path, (first, second), _HALF)


def _join(shop: Workshop, path: Path, parts: Sequence[Mapping[str, object]], seconds: int) -> None:
    pieces = []
    for number, how in enumerate(parts):
        piece = shop.place(f"piece{number}.ts")
        shop.film(
            piece, "-output_ts_offset", str(1 + seconds * number), "-muxdelay", "0",
            "-muxpreload", "0", seconds=seconds,
            **{"audio": ("-c:a", "ac3"), **how},  # type: ignore[arg-type]
        )  # fmt: skip
        pieces.append(piece)
    join(path, *pieces)


@KIND("ac3-51-to-stereo.ts", _ALL)
def _fewer(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"channels": "5.1"}, {"channels": "stereo"})


@KIND("ac3-stereo-to-51.ts", _ALL)
def _more(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"channels": "stereo"}, {"channels": "5.1"})


@KIND("mp2-stereo-to-mono.ts", _ALL)
def _mono(shop: Workshop, path: Path) -> None:
    mp2 = {"audio": ("-c:a", "mp2")}
    _two(shop, path, {"channels": "stereo", **mp2}, {"channels": "mono", **mp2})


@KIND("aac-mono-to-stereo.ts", _ALL)
def _aac(shop: Workshop, path: Path) -> None:
    aac = {"audio": ("-c:a", "aac")}
    _two(shop, path, {"channels": "mono", **aac}, {"channels": "stereo", **aac})


@KIND("mp2-48-to-44-khz.ts", _ALL)
def _rate(shop: Workshop, path: Path) -> None:
    mp2 = {"audio": ("-c:a", "mp2")}
    _two(shop, path, {"sound_rate": 48000, **mp2}, {"sound_rate": 44100, **mp2})


@KIND("aac-44-to-48-khz.ts", _ALL)
def _rate_aac(shop: Workshop, path: Path) -> None:
    aac = {"audio": ("-c:a", "aac")}
    _two(shop, path, {"sound_rate": 44100, **aac}, {"sound_rate": 48000, **aac})


@KIND("six-parts.ts", _ALL, NOT_YET)
def _six(shop: Workshop, path: Path) -> None:
    # The last block of sound of each part reaches a little into the next one.
    parts = [{"channels": each, "audio": ("-c:a", "aac")} for each in ("mono", "stereo") * 3]
    _join(shop, path, parts, 1)


# The box is not in what is left of the picture.
_CROPPED = Expect(seconds=(6,), heard=6, flashes=3, beeps=6, hues=0)


@KIND("turned-midway.ts", _CROPPED)
def _turned(shop: Workshop, path: Path) -> None:
    _two(shop, path, {}, {"filters": _TURNED})


@KIND("turned-back-midway.ts", _CROPPED)
def _turned_back(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"filters": _TURNED}, {})


@KIND("turned-and-fewer-channels.ts", _CROPPED)
def _turned_and_fewer(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"channels": "5.1"}, {"filters": _TURNED, "channels": "stereo"})


@KIND("smaller-midway.ts", _ALL)
def _smaller(shop: Workshop, path: Path) -> None:
    _two(shop, path, {}, {"size": "320x180"})


@KIND("larger-midway.ts", _ALL)
def _larger(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"size": "320x180"}, {"size": "640x360"})


@KIND("wide-to-narrow.ts", _ALL)
def _narrow(shop: Workshop, path: Path) -> None:
    bars = f"pad=640:480:0:60,{TO_BT709}"
    _two(shop, path, {}, {"filters": bars})


@KIND("pixel-shape-midway.ts", _ALL)
def _pixels(shop: Workshop, path: Path) -> None:
    tall = f"{TO_BT709},scale=480:360,setsar=4/3"
    _two(shop, path, {}, {"filters": tall})


@KIND("mpeg2-pixel-shape-midway.ts", _ALL)
def _pixels_mpeg2(shop: Workshop, path: Path) -> None:
    mpeg2 = {"video": ("-c:v", "mpeg2video", "-q:v", "3")}
    wide = {"filters": f"{TO_BT709},scale=720:480,setsar=32/27", **mpeg2}
    narrow = {"filters": f"pad=640:480:0:60,{TO_BT709},scale=720:480,setsar=8/9", **mpeg2}
    _two(shop, path, wide, narrow)


@KIND("vp8-smaller-midway.webm", Expect(seconds=(6,), heard=0, flashes=6))
def _vp8(shop: Workshop, path: Path) -> None:
    pieces = []
    for number, size in enumerate(("640x360", "320x180")):
        piece = shop.place(f"piece{number}.webm")
        shop.film(piece, seconds=_HALF, heard=0, size=size, video=("-c:v", "libvpx", "-b:v", "1M",
                  "-deadline", "realtime", "-cpu-used", "8"))  # fmt: skip
        pieces.append(piece)
    joined = shop.place("pieces.txt")
    joined.write_text("".join(f"file '{piece}'\n" for piece in pieces))
    shop.run("-f", "concat", "-safe", "0", "-i", str(joined), "-c", "copy", str(path))


@KIND("rate-midway.ts", _ALL)
def _pictures_a_second(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"rate": "25"}, {"rate": "50", "video": H264})
