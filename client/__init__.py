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

from client.download import DownloadProgress
from client.errors import (
    ApiError,
    DownloadFailed,
    FileChanged,
    FramemillError,
    LoginRequired,
    ServerUnreachable,
    UnexpectedAnswer,
    UploadFailed,
)
from client.framemill import Framemill
from client.models import Account, Failure, Rendition, Source, Upload, Video
from client.upload import Begun, UploadProgress

__all__ = [
    "Account",
    "ApiError",
    "Begun",
    "DownloadFailed",
    "DownloadProgress",
    "Failure",
    "FileChanged",
    "Framemill",
    "FramemillError",
    "LoginRequired",
    "Rendition",
    "ServerUnreachable",
    "Source",
    "UnexpectedAnswer",
    "Upload",
    "UploadFailed",
    "UploadProgress",
    "Video",
]
