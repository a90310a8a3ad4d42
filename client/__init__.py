"""Python client of the Framemill REST API; the `framemill` command is built on it.

    from client import Framemill

    with Framemill("https://video.example.org") as fm:
        fm.login("me@example.org", password)
        video = fm.upload("holiday.mov", on_progress=lambda p: print(p.sent, "of", p.total))
        for video in fm.watch(video.id):
            print(video.state, video.stage, video.progress)
        for rendition in video.renditions:
            print(fm.download(video.id, rendition.name))

An upload that stops, for whatever reason, is resumed by calling `upload` with the same file: the
server says which parts the store has, and only the others are sent. Parts go straight to the
store, over a few connections side by side, and are never held in memory. Everything that fails
raises a `FramemillError` whose message is one sentence for a person; `ApiError` carries the
server's `code`. It runs where POSIX file locks are: Linux and macOS.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from client.download import DownloadProgress
    from client.errors import (
        ApiError,
        DownloadFailed,
        FileChanged,
        FramemillError,
        HomeUnusable,
        LoginRequired,
        NotText,
        ServerUnreachable,
        UnexpectedAnswer,
        UploadFailed,
    )
    from client.framemill import Framemill
    from client.models import (
        Account,
        Captions,
        Failure,
        Invite,
        Loudness,
        Note,
        Playback,
        Queue,
        Rendition,
        Share,
        Source,
        Track,
        Upload,
        Video,
    )
    from client.upload import Begun, UploadProgress

__all__ = [
    "Account",
    "ApiError",
    "Begun",
    "Captions",
    "DownloadFailed",
    "DownloadProgress",
    "Failure",
    "FileChanged",
    "Framemill",
    "FramemillError",
    "HomeUnusable",
    "Invite",
    "LoginRequired",
    "Loudness",
    "NotText",
    "Note",
    "Playback",
    "Queue",
    "Rendition",
    "ServerUnreachable",
    "Share",
    "Source",
    "Track",
    "UnexpectedAnswer",
    "Upload",
    "UploadFailed",
    "UploadProgress",
    "Video",
]

_MODULES = ("framemill", "errors", "models", "upload", "download")


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is: the command must be able to guard its imports."""
    if name in __all__:
        for module in _MODULES:
            found = vars(import_module(f"client.{module}")).get(name)
            if found is not None:
                globals()[name] = found
                return found
    raise AttributeError(f"module 'client' has no attribute {name!r}")
