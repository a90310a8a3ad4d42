"""What is remembered of an unfinished upload, one small file each."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from client.home import write_private


@dataclass(frozen=True)
class FileStamp:
    """By what a file is recognised: its size in bytes and its time of change."""

    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Unfinished:
    """An upload that was begun for a file."""

    upload_id: str
    video_id: str
    size: int
    mtime_ns: int

    def is_of(self, stamp: FileStamp) -> bool:
        """Whether the file is still the one whose upload was begun."""
        return (self.size, self.mtime_ns) == (stamp.size, stamp.mtime_ns)


def stamp_of(path: Path) -> FileStamp:
    """Return the stamp of a file as it is now."""
    found = path.stat()
    return FileStamp(found.st_size, found.st_mtime_ns)


class ResumeFile:
    """The memory of one file's upload by one account at one server."""

    def __init__(self, home: Path, server: str, account: str, path: Path) -> None:
        name = "\0".join((server, account.lower(), str(path.absolute())))
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
        self.path = home / "uploads" / f"{digest[:32]}.json"

    def read(self) -> Unfinished | None:
        """Return what was begun; None when there is nothing or it cannot be read."""
        try:
            return Unfinished(**json.loads(self.path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write(self, unfinished: Unfinished) -> None:
        """Remember an upload; done before its first byte goes out."""
        write_private(self.path, json.dumps(asdict(unfinished)))

    def remove(self) -> None:
        """Forget it."""
        self.path.unlink(missing_ok=True)
