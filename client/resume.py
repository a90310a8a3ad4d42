"""What is remembered of an unfinished upload, one small file each."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from client.home import read_object, remove, write_private


@dataclass(frozen=True)
class FileStamp:
    """By what a file is recognised: its size in bytes and its time of change."""

    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Unfinished:
    """An upload that was begun for a file, or was about to be.

    Attributes:
        upload_id: names it; empty while the server's answer is not here.
        video_id: of the video that it makes; empty likewise.
        size: of the file in bytes.
        mtime_ns: when the file was changed.
        key: under which it was begun: asked for again with it, the same upload is the answer.
    """

    upload_id: str
    video_id: str
    size: int
    mtime_ns: int
    key: str = ""

    def is_of(self, stamp: FileStamp) -> bool:
        """Whether the file is still the one whose upload was begun."""
        return (self.size, self.mtime_ns) == (stamp.size, stamp.mtime_ns)


def stamp_of(path: Path) -> FileStamp:
    """Return the stamp of a file as it is now."""
    found = path.stat()
    return FileStamp(found.st_size, found.st_mtime_ns)


class ResumeFile:
    """The memory of one file's upload by one account at one server.

    Every method may raise `HomeUnusable`.
    """

    def __init__(self, home: Path, server: str, account: str, path: Path) -> None:
        name = "\0".join((server, account.lower(), str(path.absolute())))
        digest = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
        self.path = home / "uploads" / f"{digest[:32]}.json"

    def read(self) -> Unfinished | None:
        """Return what was begun; None when there is nothing or it is damaged."""
        match read_object(self.path):
            case {
                "upload_id": str(upload_id),
                "video_id": str(video_id),
                "size": int(size),
                "mtime_ns": int(mtime_ns),
                **rest,
            }:
                key = rest.get("key")
                return Unfinished(
                    upload_id, video_id, size, mtime_ns, key if isinstance(key, str) else ""
                )
        return None

    def write(self, unfinished: Unfinished) -> None:
        """Remember an upload; done before its first byte goes out."""
        write_private(self.path, json.dumps(asdict(unfinished)))

    def remove(self) -> None:
        """Forget it."""
        remove(self.path)
