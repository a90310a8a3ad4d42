"""C: the shape of the picture is told in many places."""

from pathlib import Path

from tests.fidelity.expect import Expect
from tests.fidelity.patch import pixel_crop
from tests.fidelity.pattern import TO_BT709
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import H264, NotMadeError, Workshop

KIND = Kind("C shapes")
KINDS = (KIND,)
_ROUND = Expect(seconds=(2,), heard=2, flashes=2, beeps=2)
_BARS = f"pad=640:480:0:60,{TO_BT709}"
_BT709 = ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709")


@KIND("pixel-crop.mkv", _ROUND)
def _pixel_crop(shop: Workshop, path: Path) -> None:
    shop.film(path, *_BT709, seconds=2, filters=_BARS)
    pixel_crop(path, top=60, bottom=60)


@KIND("pixel-crop-sides.mkv", _ROUND)
def _pixel_crop_sides(shop: Workshop, path: Path) -> None:
    shop.film(path, *_BT709, seconds=2, filters=f"pad=800:360:80:0,{TO_BT709}")
    pixel_crop(path, left=80, right=80)


@KIND("clean-aperture.mov", _ROUND)
@KIND("clean-aperture.mp4", _ROUND)
def _clean_aperture(shop: Workshop, path: Path) -> None:
    cropped = shop.place("cropped.mkv")
    _pixel_crop(shop, cropped)
    shop.run("-i", str(cropped), "-c", "copy", "-strict", "-2", str(path))
    if b"clap" not in path.read_bytes():
        raise NotMadeError("this muxer writes no clean aperture")


@KIND("sps-crop.mp4", _ROUND)
def _sps_crop(shop: Workshop, path: Path) -> None:
    crop = "h264_metadata=crop_top=60:crop_bottom=60"
    shop.film(path, "-bsf:v", crop, seconds=2, filters=_BARS)


def _rotated(degrees: int) -> None:
    @KIND(f"rotated-{degrees}.mp4", _ROUND)
    @KIND(f"rotated-{degrees}.mov", _ROUND)
    def make(shop: Workshop, path: Path) -> None:
        turned = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}[degrees]
        plain = shop.place("turned.mp4")
        shop.film(plain, seconds=2, filters=f"{TO_BT709},{turned}")
        shop.run("-display_rotation", str(degrees), "-i", str(plain), "-c", "copy", str(path))


for _degrees in (90, 180, 270):
    _rotated(_degrees)


@KIND("mirrored.mp4", _ROUND)
def _mirrored(shop: Workshop, path: Path) -> None:
    plain = shop.place("mirror.mp4")
    shop.film(plain, seconds=2, filters=f"{TO_BT709},hflip")
    shop.run("-display_hflip", "-i", str(plain), "-c", "copy", str(path))


@KIND("rotated-by-sei.mkv", _ROUND, least=(7, 1))
@KIND("rotated-by-sei.ts", _ROUND, least=(7, 1))
def _by_sei(shop: Workshop, path: Path) -> None:
    # The message says how far the picture must be turned against the clock.
    shop.film(path, "-bsf:v", "h264_metadata=display_orientation=insert:rotate=90", seconds=2,
              filters=f"{TO_BT709},transpose=clock")  # fmt: skip


@KIND("rotated-by-sei-and-container.mp4", _ROUND)
@KIND("rotated-by-sei-and-container.mkv", _ROUND)
def _by_both(shop: Workshop, path: Path) -> None:
    plain = shop.film(shop.place("plain.mp4"), seconds=2, filters=f"{TO_BT709},transpose=1")
    shop.run("-display_rotation", "90", "-i", str(plain), "-c", "copy", "-bsf:v",
             "h264_metadata=display_orientation=insert:rotate=90", str(path))  # fmt: skip


def _pixels(name: str, size: str, sar: str) -> None:
    @KIND(name, _ROUND)
    def make(shop: Workshop, path: Path) -> None:
        filters = f"{TO_BT709},scale={size},setsar={sar}"
        shop.film(path, seconds=2, filters=filters)


_pixels("wide-pixels.mp4", "320:360", "2")
_pixels("wide-pixels.mkv", "480:360", "4/3")
_pixels("wide-pixels.ts", "480:360", "4/3")
_pixels("tall-pixels.mp4", "640:180", "1/2")
_pixels("tall-pixels.mov", "640:240", "2/3")


@KIND("shape-of-container.mkv", _ROUND)
@KIND("shape-of-container.mp4", _ROUND)
def _by_container(shop: Workshop, path: Path) -> None:
    # The stream says nothing of its pixels, only the file does.
    plain = shop.place("narrow.h264")
    shop.run(*shop.picture(2), "-vf", f"{TO_BT709},scale=480:360,setsar=0", *H264, str(plain))
    shop.run("-r", "25", "-i", str(plain), *shop.beeps(2), "-c:v", "copy", "-aspect", "16:9",
             "-c:a", "aac", str(path))  # fmt: skip


@KIND("odd-size.mkv", _ROUND)
def _odd(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=2, filters="scale=641:361:out_color_matrix=bt709:out_range=tv,"
              "format=yuv444p,setparams=colorspace=bt709")  # fmt: skip


@KIND("portrait.mp4", _ROUND)
def _portrait(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=2, filters=f"pad=640:1138:0:389,{TO_BT709}")


@KIND("very-wide.mp4", _ROUND)
def _very_wide(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=2, filters=f"pad=2000:360:680:0,{TO_BT709}")
