"""Fetching a rendition or the source into a file."""

import hashlib
import os
import random
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from urllib.parse import unquote

import httpx

from client.answers import store_refusal
from client.api import Api
from client.connection import http_client
from client.errors import DownloadFailed, reason_of
from client.partial import Changed, Taken, claimed, md5_of, proven_md5, put_in_place
from client.retry import Outcome, after_part

_CHUNK = 256 * 1024
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_TRIES = 3  # of fetching a file whose bytes are not those that the store promises


@dataclass(frozen=True)
class DownloadProgress:
    """How far a download is, in bytes; `held` is what an earlier run had left."""

    received: int
    total: int
    held: int


OnProgress = Callable[[DownloadProgress], None]


def download(
    api: Api,
    video_id: str,
    name: str,
    target: Path | None = None,
    *,
    force: bool = False,
    on_progress: OnProgress = lambda _: None,
) -> Path:
    """Fetch `name` of a video and return the file's path.

    What has arrived lies beside the target under a hidden name until it is whole; a later call
    goes on from there if the object is still the same. One call at a time writes there. A file
    gets its name when its size is right, and its MD5 where the store's ETag is one (an object that
    came in one piece, not under a customer's key); of others the ETag must only stay the same.

    Args:
        api: the server.
        video_id: the video.
        name: a rendition's, or `source`.
        target: a file, or a directory; by default the present directory and the server's name.
        force: replace a file that is there.
        on_progress: told after every block.

    Raises:
        DownloadFailed: the file is there already, cannot be written, is being downloaded by
            another call, or did not arrive whole.
    """
    try:
        if target is not None and not target.is_dir():
            _refuse_existing(target, force)
    except OSError as error:
        raise _unwritable(error, target) from error
    attempt = 0
    # A client of its own: the access token must not travel to the store.
    with http_client(timeout=_TIMEOUT, headers={"Accept-Encoding": "identity"}) as store:
        fetch = _Fetch(store, name, target, force, on_progress)
        while True:
            before = fetch.received
            try:
                return fetch.run(api.download_url(video_id, name))
            except _Refused as refused:
                outcome, reason = refused.outcome, refused.reason
            except httpx.RequestError as error:
                outcome, reason = Outcome(None), str(error) or type(error).__name__
            except OSError as error:
                raise _unwritable(error, target) from error
            except UnicodeError as error:
                raise DownloadFailed(
                    "This file name cannot be used here. Give another with --output."
                ) from error
            # Only attempts that bring nothing are counted.
            attempt = 1 if fetch.received > before else attempt + 1
            again = after_part(outcome, attempt, random.random())  # noqa: S311 - spreads load
            if again is None:
                raise DownloadFailed(
                    f"{name} could not be downloaded ({reason}). Run the command again to continue."
                )
            time.sleep(again.delay)


class _Refused(Exception):
    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


class _Fetch:
    """One file on its way; `received` counts the bytes of it that are on the disk."""

    def __init__(
        self,
        store: httpx.Client,
        name: str,
        target: Path | None,
        force: bool,
        on_progress: OnProgress,
    ) -> None:
        self._store = store
        self._name = name
        self._target = target
        self._force = force
        self._on_progress = on_progress
        self._strange: list[str] = []  # checksums that were not the store's
        self.received = 0

    def run(self, url: str) -> Path:
        """Try once; returns the path of the whole file."""
        with ExitStack() as until_named:
            with self._store.stream("GET", url) as answer:
                _check(answer, 200)
                size, etag = _size(answer), answer.headers.get("etag", "")
                md5 = proven_md5(answer.headers)
                path = self._destination(answer)
                partial = path.with_name(f".framemill-{_digest(path, url, etag)}.part")
                try:
                    file = until_named.enter_context(claimed(partial))
                except Taken:
                    raise DownloadFailed(
                        f"{path} is already being downloaded. Wait for it, or choose another file."
                    ) from None
                held = os.fstat(file.fileno()).st_size
                if held > size:
                    held = 0
                if held == 0:
                    self._save(answer, file, held, size)
            if 0 < held < size:
                with self._store.stream("GET", url, headers={"Range": f"bytes={held}-"}) as answer:
                    _check(answer, 206)
                    start = answer.headers.get("content-range", "").removeprefix("bytes ")
                    if answer.headers.get("etag", "") != etag or not start.startswith(f"{held}-"):
                        raise _Refused(Outcome(None), "the file in the store changed")
                    self._save(answer, file, held, size)
            self._check_whole(file, size, md5)
            self._put_in_place(file, partial, path)
        return path

    def _save(self, answer: httpx.Response, file: BufferedRandom, held: int, size: int) -> None:
        self.received = held
        file.seek(held)
        file.truncate()
        self._on_progress(DownloadProgress(held, size, held))
        for chunk in answer.iter_raw(_CHUNK):
            file.write(chunk)
            self.received += len(chunk)
            self._on_progress(DownloadProgress(self.received, size, held))
        file.flush()

    def _check_whole(self, file: BufferedRandom, size: int, md5: str | None) -> None:
        os.fsync(file.fileno())  # what the disk has no room for may be said only now
        arrived = os.fstat(file.fileno()).st_size
        if arrived != size:
            raise _Refused(Outcome(None), f"only {arrived} of {size} bytes arrived")
        if md5 is None:
            return
        found = md5_of(file)
        if found == md5:
            return
        if found in self._strange:
            return  # twice the same bytes are what the store holds: its ETags are no MD5
        self._strange.append(found)
        file.seek(0)
        file.truncate()
        if len(self._strange) == _TRIES:
            raise DownloadFailed(f"{self._name} arrived {_TRIES} times with a wrong checksum.")
        raise _Refused(Outcome(None), "its checksum is wrong")

    def _put_in_place(self, file: BufferedRandom, partial: Path, path: Path) -> None:
        try:
            put_in_place(file, partial, path, replace=self._force)
        except FileExistsError as error:
            raise _exists(path) from error
        except (Changed, FileNotFoundError) as error:
            raise DownloadFailed(
                f"Another program changed {path} during the download. Try again."
            ) from error

    def _destination(self, answer: httpx.Response) -> Path:
        if self._target is not None and not self._target.is_dir():
            path = self._target
        else:
            offered = file_name(answer.headers.get("content-disposition", ""))
            path = (self._target or Path()) / (offered or f"{self._name}.mp4")
        _refuse_existing(path, self._force)
        return path


def file_name(disposition: str) -> str | None:
    """Return the file name of a Content-Disposition header (RFC 6266), as a name and no path."""
    extended = re.search(r"filename\*\s*=\s*utf-8'[^']*'([^;\s]+)", disposition, re.IGNORECASE)
    quoted = re.search(r'filename\s*=\s*"((?:[^"\\]|\\.)*)"', disposition, re.IGNORECASE)
    plain = re.search(r"filename\s*=\s*([^;\s\"]+)", disposition, re.IGNORECASE)
    if extended:
        name = unquote(extended.group(1))
    elif quoted:
        name = re.sub(r"\\(.)", r"\1", quoted.group(1))
    elif plain:
        name = plain.group(1)
    else:
        return None
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(letter for letter in last if letter.isprintable()).strip().lstrip(".")
    return visible[-200:] or None


def _refuse_existing(path: Path, force: bool) -> None:
    if path.exists() and not path.is_file():
        raise DownloadFailed(f"{path} is not a regular file. Choose another.")
    if path.exists() and not force:
        raise _exists(path)


def _exists(path: Path) -> DownloadFailed:
    return DownloadFailed(f"{path} already exists. Use --force to replace it.")


def _unwritable(error: OSError, target: Path | None) -> DownloadFailed:
    place = error.filename or target or "The file"
    return DownloadFailed(f"{os.fsdecode(place)} cannot be written: {reason_of(error)}.")


def _check(answer: httpx.Response, expected: int) -> None:
    if answer.status_code == expected:
        return
    body = b"" if answer.is_success else answer.read()
    raise _Refused(*store_refusal(answer.status_code, answer.headers, body))


def _size(answer: httpx.Response) -> int:
    length = answer.headers.get("content-length", "")
    if not length.isdigit():
        raise DownloadFailed("The store did not send the size of the file.")
    return int(length)


def _digest(path: Path, url: str, etag: str) -> str:
    parts = (path.name, httpx.URL(url).path, etag)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]
