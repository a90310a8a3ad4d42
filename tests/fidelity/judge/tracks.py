"""What a player makes of the tracks that ffprobe lists: which it takes, which colours it shows."""

from typing import Any

_HD_LINES = 720  # players take what has no tag for BT.709 from here on, else for BT.601


def largest_picture(streams: list[dict[str, Any]]) -> int | None:
    """Return the index of the film among the streams that ffprobe lists."""
    pictures = [
        each
        for each in streams
        if each["codec_type"] == "video" and not each["disposition"]["attached_pic"]
    ]
    # A picture that stands alone is no film; what has no count may have many.
    pictures.sort(key=lambda each: (each.get("nb_frames") == "1", -_area(each)))
    return pictures[0]["index"] if pictures else None


def _area(stream: dict[str, Any]) -> int:
    return int(stream.get("width", 0)) * int(stream.get("height", 0))


def default_sound(streams: list[dict[str, Any]]) -> int | None:
    """Return the index of the sound that a player takes."""
    sounds = [each for each in streams if each["codec_type"] == "audio" and "codec_name" in each]
    sounds.sort(key=lambda each: -each["disposition"]["default"])
    return sounds[0]["index"] if sounds else None


# Names of zscale for what ffprobe finds. What is not here, or not said, is taken for BT.709, as
# many players take it: a wide gamut or high range must be gone, not only be told.
_PRIMARIES = ("bt470m", "bt470bg", "smpte170m", "smpte240m")
_TRANSFERS = ("bt470m", "bt470bg", "smpte170m")
_MATRICES = {
    "bt709": "709", "smpte170m": "170m", "bt470bg": "470bg", "bt2020nc": "2020_ncl", "fcc": "fcc",
    "smpte240m": "smpte240m",
}  # fmt: skip


def as_shown(video: dict[str, Any]) -> str:
    """Describe what players do: bring the picture to BT.709 as RGB."""
    lines = min(video["width"], video["height"])
    untagged = "709" if lines >= _HD_LINES else "170m"
    matrix = _MATRICES.get(video.get("color_space", ""), untagged)
    primaries, transfer = video.get("color_primaries", ""), video.get("color_transfer", "")
    full = "full" if video.get("color_range") == "pc" else "limited"
    return (
        f"zscale=min={matrix}:rin={full}:pin={primaries if primaries in _PRIMARIES else '709'}"
        f":tin={transfer if transfer in _TRANSFERS else '709'}:p=709:t=709:m=gbr:r=full,format=gbrp"
    )
