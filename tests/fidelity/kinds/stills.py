"""K: still pictures, as phones and programs write them."""

import struct
from pathlib import Path

from tests.fidelity.expect import Expect
from tests.fidelity.pattern import still
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import Workshop

KIND = Kind("K stills")
KINDS = (KIND,)
_SIZES = ((640, 360),)
_UPRIGHT = Expect(heard=0, sizes=_SIZES, pictures=(125, 125), different=(0, 1))
# How a picture is stored of which Exif says that number (Exif 2.32, 4.6.4, Orientation).
_STORED = {
    2: "hflip",
    3: "hflip,vflip",
    5: "transpose=cclock_flip",
    6: "transpose=cclock",
    7: "transpose=clock_flip",
    8: "transpose=clock",
}


def _picture(shop: Workshop, size: tuple[int, int] = (640, 360)) -> str:
    path = shop.place(f"still-{size[0]}.ppm")
    path.write_bytes(still(*size))
    return str(path)


def _jpeg(shop: Workshop, path: Path, filters: str = "null") -> None:
    shop.run("-i", _picture(shop), "-vf", f"{filters},format=yuvj420p", "-frames:v", "1",
             "-q:v", "2", "-c:v", "mjpeg", "-f", "image2", str(path))  # fmt: skip


def _exif(orientation: int) -> bytes:
    entry = struct.pack(">HHIHH", 0x112, 3, 1, orientation, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 1) + entry + bytes(4)


def _turned_jpeg(orientation: int) -> None:
    @KIND(f"orientation-{orientation}.jpg", _UPRIGHT)
    def make(shop: Workshop, path: Path) -> None:
        _jpeg(shop, path, _STORED[orientation])
        data, told = path.read_bytes(), b"Exif\0\0" + _exif(orientation)
        segment = b"\xff\xe1" + struct.pack(">H", len(told) + 2) + told
        path.write_bytes(data[:2] + segment + data[2:])


for _orientation in _STORED:
    _turned_jpeg(_orientation)


@KIND("orientation-6.webp", _UPRIGHT, least=(8, 0))
def _turned_webp(shop: Workshop, path: Path) -> None:
    shop.run("-i", _picture(shop), "-vf", _STORED[6], "-frames:v", "1", "-c:v", "libwebp",
             "-f", "webp", str(path))  # fmt: skip
    told = _exif(6)
    sides = b"".join(struct.pack("<I", side - 1)[:3] for side in (360, 640))
    extended = b"VP8X" + struct.pack("<I", 10) + bytes([8, 0, 0, 0]) + sides
    chunk = b"EXIF" + struct.pack("<I", len(told)) + told
    body = b"WEBP" + extended + path.read_bytes()[12:] + chunk
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def _followed(name: str) -> None:
    """Add a picture that has something behind it."""

    @KIND(f"{name}.jpg", _UPRIGHT)
    def make(shop: Workshop, path: Path) -> None:
        _jpeg(shop, path)
        behind = shop.place("behind.mp4" if name == "motion-photo" else "behind.jpg")
        if behind.suffix == ".mp4":
            shop.film(behind, seconds=2, size="320x180")
        else:
            _jpeg(shop, behind, "scale=320:180,format=gray")
        path.write_bytes(path.read_bytes() + behind.read_bytes())


for _name in ("motion-photo", "gain-map"):
    _followed(_name)


@KIND("50-megapixels.jpg", Expect(heard=0, hues=40, sizes=((960, 720),)))
def _large(shop: Workshop, path: Path) -> None:
    shop.run("-i", _picture(shop), "-vf", "scale=8160:4590,pad=8160:6120:0:765,format=yuvj420p",
             "-frames:v", "1", "-q:v", "4", "-c:v", "mjpeg", "-f", "image2", str(path))  # fmt: skip


def _png(name: str, due: Expect, filters: str, least: tuple[int, int] = (5, 1)) -> None:
    @KIND(f"{name}.png", due, least)
    def make(shop: Workshop, path: Path) -> None:
        shop.run("-i", _picture(shop), "-vf", filters, "-frames:v", "1", "-c:v", "png",
                 "-f", "image2", str(path))  # fmt: skip


_png("one-pixel", Expect(heard=0, disc=False, sizes=((2, 2),)), "crop=1:1,format=rgb24")
_png("two-lines", Expect(heard=0, disc=False, sizes=((640, 2),)), "crop=640:2,format=rgb24")
_png("grey", Expect(heard=0, hues=0, sizes=_SIZES), "format=gray")
_png(
    "palette-alpha", Expect(heard=0, hues=0, plain=True),
    "format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='255*lt(hypot(X-W/2,Y-H/2),H/3)',"
    "split[a][b];[a]palettegen=reserve_transparent=1[p];[b][p]paletteuse=dither=none",
)  # fmt: skip
_png(
    "display-p3", Expect(heard=0, hues=24, sizes=_SIZES),
    "format=gbrp,zscale=rin=full:pin=709:tin=iec61966-2-1:min=gbr:p=smpte432:t=iec61966-2-1:m=gbr"
    ":r=full,format=rgb24", least=(6, 1),
)  # fmt: skip
_png(
    "pq", Expect(heard=0, hues=80, sizes=_SIZES),
    "format=gbrp,zscale=rin=full:pin=709:tin=iec61966-2-1:min=gbr:npl=203:p=2020:t=smpte2084:m=gbr"
    ":r=full,format=rgb48be", least=(6, 1),
)  # fmt: skip
