"""Figures and tables as text. Pure."""

from collections.abc import Sequence

from client.models import Rendition, Video

_DASH = "-"


def printable(text: str) -> str:
    """Return text without what could steer a terminal: names come from files and servers."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def size(count: float | None) -> str:
    """Return a number of bytes, such as `12.3 MiB`."""
    if count is None:
        return _DASH
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def bitrate(bits: float | None) -> str:
    """Return bits per second, such as `2.40 Mbit/s`."""
    if bits is None:
        return _DASH
    return f"{bits / 1e6:.2f} Mbit/s" if bits >= 1e6 else f"{bits / 1e3:.0f} kbit/s"


def clock(seconds: float | None) -> str:
    """Return a duration, such as `1:02:03` or `0:21`."""
    if seconds is None:
        return _DASH
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under a head in aligned columns."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def renditions(items: Sequence[Rendition]) -> str:
    """Return the renditions of a video as a table."""
    head = ("NAME", "DIMENSIONS", "SIZE", "BIT RATE", "TIME")
    return table(head, [_rendition(item) for item in items])


def videos(items: Sequence[Video]) -> str:
    """Return videos as a table."""
    head = ("ID", "STATE", "SIZE", "TIME", "UPLOADED", "TITLE")
    return table(head, [_video(item) for item in items])


def status(video: Video) -> str:
    """Return what is happening to a video, such as `processing, encoding`."""
    return f"{video.state}, {video.stage}" if video.stage and not video.finished else video.state


def _rendition(item: Rendition) -> tuple[str, ...]:
    shape = f"{item.width}x{item.height}" if item.width and item.height else _DASH
    return (
        printable(item.name),
        shape,
        size(item.size),
        bitrate(item.bitrate),
        clock(item.duration),
    )


def _video(item: Video) -> tuple[str, ...]:
    source = item.source
    state = f"{item.state} {item.progress:.0f} %" if item.state == "processing" else item.state
    return (
        item.id,
        state,
        size(source.size if source else None),
        clock(source.duration if source else None),
        item.created_at.astimezone().strftime("%Y-%m-%d %H:%M"),
        printable(item.title),
    )
