"""G: how colours are told: primaries, transfer, matrix and range."""

from pathlib import Path

from tests.fidelity.expect import Expect, refused
from tests.fidelity.patch import dolby_vision
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import H264, Workshop

KIND = Kind("G colours")
KINDS = (KIND,)
_EXACT = Expect(seconds=(2,), hues=12)
_NEAR = Expect(seconds=(2,), hues=24)
# The green of the test picture is not within these primaries.
_CLIPPED = Expect(seconds=(2,), hues=32)
# Tone mapping may change how light a colour is, but not which one it is.
_HUES = Expect(seconds=(2,), hues=80)
_X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error:crf=10")


def _colours(
    name: str, due: Expect, *, primaries: str = "709", transfer: str = "709", matrix: str = "709",
    full: bool = False, tagged: bool = True, pixels: str = "yuv420p",
    codec: tuple[str, ...] = H264, size: str = "640x360", least: tuple[int, int] = (5, 1),
) -> None:  # fmt: skip
    """Add a film whose colours are those of the test picture, written in another way."""

    @KIND(name, due, least)
    def make(shop: Workshop, path: Path) -> None:
        levels = "full" if full else "limited"
        convert = (
            "format=gbrp,zscale=rin=full:pin=709:tin=709:min=gbr:npl=203:"
            f"p={primaries}:t={transfer}:m={matrix}:r={levels},format={pixels}"
        )
        if not tagged:
            convert += ",setparams=color_primaries=unknown:color_trc=unknown:colorspace=unknown"
        shop.film(path, seconds=2, heard=0, size=size, filters=convert, video=codec)


_colours("bt2020.mp4", _EXACT, primaries="2020", transfer="2020_10", matrix="2020_ncl",
         pixels="yuv420p10le", codec=_X265)  # fmt: skip
_colours("bt2020-8-bit.mp4", _EXACT, primaries="2020", transfer="2020_10", matrix="2020_ncl")
_colours("bt2020.webm", _EXACT, primaries="2020", transfer="2020_10", matrix="2020_ncl",
         codec=("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"))  # fmt: skip
_colours("bt2020-primaries-only.mkv", _EXACT, primaries="2020", transfer="709", matrix="709")
_colours("display-p3.mov", _EXACT, primaries="smpte432", transfer="709", matrix="709")
_colours("display-p3-srgb.mov", _NEAR, primaries="smpte432", transfer="iec61966-2-1", matrix="709")
# zimg 3.0.4, which Debian has beside FFmpeg 5.1, takes the white of cinemas otherwise.
_colours("dci-p3.mov", _NEAR, primaries="smpte431", transfer="709", matrix="709", least=(9, 0))
_colours("pal.mp4", _EXACT, primaries="bt470bg", transfer="601", matrix="470bg")
_colours("ntsc.mp4", _CLIPPED, primaries="170m", transfer="601", matrix="170m")
_colours("bt470m.mkv", _CLIPPED, primaries="bt470m", transfer="bt470m", matrix="709")
_colours("gamma-28.mkv", _NEAR, primaries="bt470bg", transfer="bt470bg", matrix="470bg")
_colours("smpte240.mkv", _CLIPPED, primaries="240m", transfer="709", matrix="smpte240m")
_colours("srgb-transfer.mp4", _NEAR, transfer="iec61966-2-1")
_colours("full-range.mp4", _EXACT, full=True, pixels="yuvj420p")
_colours("full-range.mkv", _EXACT, full=True, pixels="yuvj420p")
_colours("full-range-444.mkv", _EXACT, full=True, pixels="yuvj444p")
_colours("full-range-10-bit.mov", _EXACT, full=True, pixels="yuv420p10le", codec=_X265)
_colours("422-10-bit.mov", _EXACT, pixels="yuv422p10le")
_colours("444-12-bit.mkv", _EXACT, pixels="yuv444p12le", codec=_X265)
_colours("rgb.mkv", _EXACT, matrix="gbr", full=True, pixels="gbrp",
         codec=("-c:v", "libx264rgb", "-preset", "ultrafast"))  # fmt: skip
_colours("rgb.mov", _EXACT, matrix="gbr", full=True, pixels="gbrp",
         codec=("-pix_fmt", "rgb24", "-c:v", "qtrle"))  # fmt: skip
_colours("untagged-small.mp4", _EXACT, matrix="170m", tagged=False)
_colours("untagged-large.mp4", _EXACT, matrix="709", tagged=False, size="1280x720")
_colours("ycgco.mkv", _EXACT, matrix="ycgco")
_colours("hlg.mp4", _HUES, primaries="2020", transfer="arib-std-b67", matrix="2020_ncl",
         pixels="yuv420p10le", codec=_X265)  # fmt: skip
_colours("hlg.webm", _HUES, primaries="2020", transfer="arib-std-b67", matrix="2020_ncl",
         pixels="yuv420p10le",
         codec=("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"))  # fmt: skip
for _name, _range in (("pq.mp4", False), ("pq-full-range.mp4", True)):
    _colours(_name, _HUES, primaries="2020", transfer="smpte2084", matrix="2020_ncl", full=_range,
             pixels="yuv420p10le", codec=_X265)  # fmt: skip
_colours("pq-p3.mp4", _HUES, primaries="smpte432", transfer="smpte2084", matrix="2020_ncl",
         pixels="yuv420p10le", codec=_X265)  # fmt: skip
_colours("constant-luminance.mkv", _NEAR, primaries="2020", transfer="2020_10", matrix="2020_cl",
         pixels="yuv420p10le", codec=_X265)  # fmt: skip
_colours("p3-rgb.mkv", _NEAR, primaries="smpte432", transfer="709", matrix="gbr", full=True,
         pixels="gbrp10le", codec=("-c:v", "ffv1"))  # fmt: skip
_colours("pq-rgb.mkv", _HUES, primaries="2020", transfer="smpte2084", matrix="gbr", full=True,
         pixels="gbrp10le", codec=("-c:v", "ffv1"))  # fmt: skip
_colours("pq-ictcp.mkv", _HUES, primaries="2020", transfer="smpte2084", matrix="ictcp",
         pixels="yuv420p10le", codec=_X265)  # fmt: skip


def _mistagged(name: str, due: Expect, matrix: int, primaries: int = 1, transfer: int = 1) -> None:
    """Add a film in BT.709 that says something else, by the numbers of ITU-T H.273."""

    @KIND(name, due)
    def make(shop: Workshop, path: Path) -> None:
        tags = f"h264_metadata=matrix_coefficients={matrix}:colour_primaries={primaries}"
        shop.film(path, "-bsf:v", f"{tags}:transfer_characteristics={transfer}", seconds=2)


_mistagged("chroma-derived.mp4", _EXACT, 12)
_mistagged("chroma-derived-constant.mp4", _EXACT, 13)
_mistagged("constant-luminance-by-mistake.mp4", _EXACT, 10)
_mistagged("ictcp-by-mistake.mp4", _EXACT, 14)
_mistagged("logarithmic.mp4", _HUES, 9, 9, 9)
_mistagged("bt1361.mp4", _HUES, 1, 12, 12)


def _dolby(name: str, due: Expect, profile: int, base: int, *codec: str) -> None:
    """Add a film that says it is Dolby Vision; its pictures are what its base may be shown as."""

    @KIND(name, due)
    def make(shop: Workshop, path: Path) -> None:
        shop.film(path, seconds=2, heard=0, video=codec)
        dolby_vision(path, profile, base)


_SVT_AV1 = ("-c:v", "libsvtav1", "-preset", "12")
_dolby("dolby-vision-5.mp4", refused("unsupported_codec"), 5, 0, *_X265, "-tag:v", "hvc1")
_dolby("dolby-vision-8.mp4", _NEAR, 8, 2, *_X265, "-tag:v", "hvc1")
_dolby("dolby-vision-10-alone.mp4", refused("unsupported_codec"), 10, 0, *_SVT_AV1)
_dolby("dolby-vision-10.mp4", _NEAR, 10, 2, *_SVT_AV1)


def _alpha(name: str, *codec: str) -> None:
    @KIND(name, Expect(hues=0, plain=True, seconds=(1,)))
    def make(shop: Workshop, path: Path) -> None:
        # What is hidden behind an alpha of 0 has colours of its own.
        hide = "format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='255*lt(hypot(X-W/2,Y-H/2),H/3)'"
        shop.film(path, *codec[:0], seconds=1, heard=0, rate="5", filters=hide, video=codec)


_alpha("straight-alpha.mov", "-pix_fmt", "yuva444p10le", "-c:v", "prores_ks", "-profile:v", "4")
_alpha("straight-alpha-rgb.mov", "-pix_fmt", "argb", "-c:v", "qtrle")
_alpha("straight-alpha.webm", "-pix_fmt", "yuva420p", "-c:v", "libvpx", "-b:v", "2M",
       "-auto-alt-ref", "0")  # fmt: skip
_alpha("straight-alpha-ffv1.mkv", "-pix_fmt", "yuva420p", "-c:v", "ffv1")
_alpha("straight-alpha-png.mov", "-pix_fmt", "rgba", "-c:v", "png")
