"""The files of a built page."""

import mimetypes
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

# In the order of preference, with what a file that is packed so ends in.
_PACKED = {"br": ".br", "gzip": ".gz"}
# Python knows them not, or not everywhere: it asks the system.
_TYPES = {
    ".avif": "image/avif",
    ".js": "text/javascript",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True)
class Found:
    """A file to send; `coding` is how it is packed, None when it is not."""

    path: Path
    status: os.stat_result
    media_type: str
    coding: str | None


def find(directory: Path, name: str, codings: Collection[str]) -> Found | None:
    """Return a file of a directory, packed as somebody accepts it if it lies there so.

    `name` is the path below it, as in a URL and decoded; `codings` as in `Accept-Encoding`.
    """
    parts = name.split("/")
    # Neither out of the directory, nor into what build tools keep for themselves.
    if any(not part or part.startswith(".") or "\\" in part for part in parts):
        return None
    path = directory.joinpath(*parts)
    status = None if path.suffix in _PACKED.values() else _regular(path)
    if status is None:
        return None
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    media_type = media_type or "application/octet-stream"
    for coding, ending in _PACKED.items():
        packed = path.with_name(path.name + ending)
        if coding in codings and (smaller := _regular(packed)) is not None:
            return Found(packed, smaller, media_type, coding)
    return Found(path, status, media_type, None)


def _regular(path: Path) -> os.stat_result | None:
    try:
        status = path.stat()
    except (OSError, ValueError):  # it is not there, or no file can be called that
        return None
    return status if stat.S_ISREG(status.st_mode) else None
