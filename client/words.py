"""Figures and tables as text. Pure."""

import json
from collections.abc import Sequence
from datetime import datetime

from client.models import Captions, Invite, Loudness, Note, Rendition, Share, Video

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


def captions(items: Sequence[Captions]) -> str:
    """Return the captions of a video as a table."""
    head = ("ID", "LANGUAGE", "NAME", "DEFAULT", "FROM FILE", "SIZE")
    return table(head, [_captions(item) for item in items])


def _captions(item: Captions) -> tuple[str, ...]:
    return (
        printable(item.id),
        printable(item.language or _DASH),
        printable(item.name or _DASH),
        "yes" if item.default else "no",
        "yes" if item.from_file else "no",
        size(item.size),
    )


def renditions(items: Sequence[Rendition]) -> str:
    """Return the renditions of a video as a table."""
    head = ("NAME", "DIMENSIONS", "SIZE", "BIT RATE", "TIME")
    return table(head, [_rendition(item) for item in items])


def videos(items: Sequence[Video]) -> str:
    """Return videos as a table."""
    head = ("ID", "STATE", "KIND", "SIZE", "TIME", "UPLOADED", "TITLE")
    return table(head, [_video(item) for item in items])


def invites(items: Sequence[Invite]) -> str:
    """Return invites as a table."""
    head = ("ID", "EMAIL", "CREATED", "EXPIRES", "USED")
    return table(head, [_invite(item) for item in items])


def shares(items: Sequence[Share]) -> str:
    """Return links as a table."""
    head = ("ID", "CREATED", "EXPIRES", "PAGES", "LINK")
    return table(head, [_share(item) for item in items])


def status(video: Video) -> str:
    """Return what is happening to a video, such as `processing, encoding`."""
    if video.finished:
        return video.state
    if video.state == "queued" and (reason := waits_for(video)):
        return f"queued: {reason}"
    return f"{video.state}, {video.stage}" if video.stage else video.state


def waits_for(video: Video) -> str:
    """Return why a queued video waits, in the server's words if it has any."""
    if video.queue is None:
        return ""
    said = printable(video.queue.message or "").strip().rstrip(".")
    return said or printable(video.queue.reason or "").replace("_", " ")


def note(told: Note) -> str:
    """Return what is told of a video, with its code to quote."""
    return printable(f"{told.message} ({told.code})")


def moment(time: datetime | None) -> str:
    """Return a time on this machine's clock."""
    return _DASH if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M")


def json_text(data: object, encoding: str = "utf-8") -> str:
    """Return JSON to read, in ASCII if the encoding of the output needs it."""
    text = json.dumps(data, indent=2, ensure_ascii=False)
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return json.dumps(data, indent=2)
    return text


def loudness(item: Loudness) -> str:
    """Return how loud a sound is, in one line."""
    told = f"{item.integrated_lufs} LUFS, peak {item.true_peak_dbtp} dBTP, range {item.range_lu} LU"
    return printable(f"Loudness: {told}")


def _invite(item: Invite) -> tuple[str, ...]:
    return (
        item.id,
        printable(item.email or "anybody"),
        moment(item.created_at),
        moment(item.expires_at),
        moment(item.used_at),
    )


def _share(item: Share) -> tuple[str, ...]:
    return (
        printable(item.id),
        moment(item.created_at),
        "never" if item.expires_at is None else moment(item.expires_at),
        printable(" ".join(item.allowed_origins) or "any"),
        printable(item.url),
    )


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
    if item.state == "queued" and item.queue is not None and item.queue.reason:
        state = f"queued, {printable(item.queue.reason).replace('_', ' ')}"
    return (
        item.id,
        state,
        item.kind or _DASH,
        size(source.size if source else None),
        clock(source.duration if source else None),
        moment(item.created_at),
        printable(item.title),
    )
