"""What a source says of its colours, as far as FFmpeg's filters can read it.

They refuse a picture whose tags they do not know, or that do not fit each other. What can be
converted is; else the tag is taken as unspecified. The names are those of ITU-T H.273.
"""

from dataclasses import replace

from workers.ffmpeg.capabilities import Capabilities
from workers.media.info import HDR_TRANSFERS, VideoStream

_PRIMARIES = frozenset(
    {"bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "film", "bt2020"}
    | {"smpte428", "smpte431", "smpte432"}
)
_CURVES = frozenset(
    {"bt709", "bt470m", "bt470bg", "smpte170m", "smpte240m", "linear", "iec61966-2-4"}
    | {"iec61966-2-1", "bt2020-10", "bt2020-12"}
    | HDR_TRANSFERS
)
# That the scaler knows.
_MATRICES = frozenset(
    {"gbr", "bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "bt2020nc"}
)  # fmt: skip
# Matrices that follow from the primaries (H.273, 8.3), as "chroma-derived" asks for. They are
# also the likeliest ones where what is said makes no sense.
_DERIVED = {"bt709": "bt709", "bt2020": "bt2020nc"}
_BT2020_CURVES = frozenset({"", "bt709", "bt2020-10", "bt2020-12"})
_UNSPECIFIED = "unknown"


def readable(video: VideoStream, capabilities: Capabilities) -> tuple[VideoStream, list[str]]:
    """Return a stream as all other filters read it, and the filters that make it so."""
    read = replace(
        video,
        color_primaries=_known(video.color_primaries, _PRIMARIES),
        color_transfer=_known(video.color_transfer, _CURVES),
    )
    read = replace(read, color_space=_matrix(read))
    filters = []
    if _tags(read) != _tags(video):
        filters.append(_said(read))
    if read.color_space in _MATRICES or not read.color_space:
        return read, filters
    near = "bt2020nc" if read.gamut == "bt2020" else "bt709"
    if capabilities.converts_color:
        filters.append(f"zscale=m={near}:r=tv")
    read = replace(read, color_space=near, color_range="tv")
    return read, [*filters, f"setparams=colorspace={near}"]


def _matrix(video: VideoStream) -> str:
    """The matrix to read a picture with; empty if nothing tells it."""
    told, curve = video.color_space, video.color_transfer
    if told == "chroma-derived-c":
        told = "bt2020c"
    # Of these two the curve is a part.
    constant = told == "bt2020c" and video.color_primaries == "bt2020" and curve in _BT2020_CURVES
    if constant or (told == "ictcp" and curve in HDR_TRANSFERS):
        return told
    if told in _MATRICES or told in ("", "ycgco"):
        return told
    return _DERIVED.get(video.color_primaries, "")


def _known(name: str, names: frozenset[str]) -> str:
    return name if name in names else ""


def _tags(video: VideoStream) -> tuple[str, str, str]:
    return video.color_primaries, video.color_transfer, video.color_space


def _said(video: VideoStream) -> str:
    primaries, curve, matrix = (each or _UNSPECIFIED for each in _tags(video))
    return f"setparams=color_primaries={primaries}:color_trc={curve}:colorspace={matrix}"
