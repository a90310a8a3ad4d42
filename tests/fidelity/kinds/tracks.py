"""I: which of several tracks is the film."""

from pathlib import Path

from tests.fidelity.expect import Expect
from tests.fidelity.pattern import TO_BT709
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import AAC, H264, Workshop

KIND = Kind("I tracks")
KINDS = (KIND,)
_FILM = Expect(seconds=(3,), heard=3, flashes=3, beeps=3, pictures=(74, 76), sizes=((640, 360),))
_SMALL = ["-f", "lavfi", "-i", "color=red:s=160x90:r=25:d="]


def _with(shop: Workshop, path: Path, other: list[str], *options: str) -> None:
    """Make a file of which the other track is the first."""
    shop.run(*other, *shop.picture(3), *shop.beeps(3), "-map", "0:v", "-map", "1:v", "-map", "2:a",
             "-filter:v:1", TO_BT709, *H264, "-pix_fmt", "yuv420p", *AAC, *options,
             str(path))  # fmt: skip


@KIND("thumbnail-first.mov", _FILM)
@KIND("thumbnail-first.mkv", _FILM)
def _thumbnail(shop: Workshop, path: Path) -> None:
    one = [*_SMALL[:-1], _SMALL[-1] + "0.04"]
    _with(shop, path, one, "-c:v:0", "mjpeg", "-pix_fmt:v:0", "yuvj420p")


@KIND("small-film-first.mp4", _FILM)
@KIND("small-film-first.ts", _FILM)
def _small_first(shop: Workshop, path: Path) -> None:
    _with(shop, path, [*_SMALL[:-1], _SMALL[-1] + "3"])


@KIND("large-still-first.mov", _FILM)
def _large_still(shop: Workshop, path: Path) -> None:
    still = ["-f", "lavfi", "-i", "color=red:s=1920x1080:r=25:d=0.04"]
    _with(shop, path, still, "-c:v:0", "mjpeg", "-pix_fmt:v:0", "yuvj420p")


@KIND("short-clip-first.mkv", _FILM)
def _short_first(shop: Workshop, path: Path) -> None:
    _with(shop, path, ["-f", "lavfi", "-i", "color=red:s=640x360:r=25:d=0.4"])


def _cover(name: str, picture: str, *options: str) -> None:
    @KIND(name, _FILM)
    def make(shop: Workshop, path: Path) -> None:
        cover = shop.place(picture)
        shop.run("-f", "lavfi", "-i", "color=red:s=1000x1000:d=0.04", "-frames:v", "1", str(cover))
        film = shop.film(shop.place("plain.mp4"), seconds=3)
        given = (
            ["-i", str(film), "-attach", str(cover), *options, "-c", "copy"]
            if path.suffix == ".mkv"
            else ["-i", str(cover), "-i", str(film), "-map", "0", "-map", "1", "-c", "copy",
                  "-disposition:v:0", "attached_pic"]
        )  # fmt: skip
        shop.run(*given, str(path))


_cover("jpeg-cover.mkv", "cover.jpg", "-metadata:s:t", "mimetype=image/jpeg")
_cover("png-cover.mkv", "cover.png", "-metadata:s:t", "mimetype=image/png")
_cover("jpeg-cover.mp4", "cover.jpg")
_cover("png-cover.mp4", "cover.png")
