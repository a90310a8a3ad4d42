"""The PUT of one part: from the file to the store, without holding it in memory."""

import contextlib
import http.client
import os
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from client.answers import store_refusal
from client.connection import IO_TIMEOUT, connect
from client.errors import FileChanged
from client.models import SignedPart, bare_etag
from client.retry import Outcome

_BLOCK = 1024 * 1024  # between two reports of progress; the kernel copies it, not Python
_TLS_BLOCK = 256 * 1024  # is read into memory, once per connection


class PartFailed(Exception):
    """A part did not arrive.

    Attributes:
        outcome: for the decision about another attempt.
        reason: for a person.
    """

    def __init__(self, outcome: Outcome, reason: str) -> None:
        super().__init__(reason)
        self.outcome = outcome
        self.reason = reason


class Stopped(Exception):
    """The upload is being stopped."""


@dataclass
class _Line:
    """One thread's connection and its own handle of the file."""

    origin: tuple[str, str]
    http: http.client.HTTPConnection
    used: bool = False


class PartSender:
    """Sends parts of one file; every thread keeps a connection of its own.

    Args:
        path: the file.
        stop: once it is set, sending ends with `Stopped`.
        on_bytes: told of bytes as they go out, and with a negative number of those that
            went out but did not arrive.
    """

    def __init__(self, path: Path, stop: threading.Event, on_bytes: Callable[[int], None]) -> None:
        self._path = path
        self._stop = stop
        self._on_bytes = on_bytes
        self._own = threading.local()
        self._lock = threading.Lock()
        self._lines: list[_Line] = []
        self._files: list[BinaryIO] = []

    def put(self, part: SignedPart, offset: int) -> str:
        """Send `part.size` bytes from `offset` of the file; returns the part's ETag.

        Raises:
            PartFailed: it did not arrive.
            FileChanged: the file has become shorter.
            Stopped: the upload is being stopped.
        """
        while True:
            line, target = self._line(part.url)
            fresh, line.used = not line.used, True
            try:
                return self._exchange(line, target, part, offset)
            except (OSError, http.client.HTTPException) as error:
                self._drop(line)
                if self._stop.is_set():
                    raise Stopped from error
                # A store may close a connection that was kept for the next part: not a failure.
                if fresh:
                    reason = str(error) or type(error).__name__
                    raise PartFailed(Outcome(None), reason) from error

    def interrupt(self) -> None:
        """End what is being sent; call it after setting `stop`."""
        with self._lock:
            for line in self._lines:
                if line.http.sock is not None:
                    with contextlib.suppress(OSError):
                        line.http.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close connections and files; no thread may be sending."""
        with self._lock:
            for line in self._lines:
                line.http.close()
            for file in self._files:
                file.close()
            self._lines.clear()
            self._files.clear()

    def _line(self, url: str) -> tuple[_Line, str]:
        parts = urlsplit(url)
        connection, target = connect(parts)
        origin = (parts.scheme, parts.netloc)
        line: _Line | None = getattr(self._own, "line", None)
        if line is None or line.origin != origin:
            if line is not None:
                self._drop(line)
            line = _Line(origin, connection)
            self._own.line = line
            with self._lock:
                self._lines.append(line)
        return line, target

    def _drop(self, line: _Line) -> None:
        line.http.close()
        self._own.line = None
        with self._lock:
            if line in self._lines:
                self._lines.remove(line)

    def _file(self) -> BinaryIO:
        file: BinaryIO | None = getattr(self._own, "file", None)
        if file is None:
            try:
                file = self._path.open("rb", buffering=0)
            except FileNotFoundError as error:
                raise FileChanged(f"{self._path} went away while it was being uploaded.") from error
            self._own.file = file
            with self._lock:
                self._files.append(file)
        return file

    def _exchange(self, line: _Line, target: str, part: SignedPart, offset: int) -> str:
        connection = line.http
        if connection.sock is None:
            connection.connect()
        sock: socket.socket = connection.sock
        sock.settimeout(IO_TIMEOUT)
        sent = 0
        arrived = False
        try:
            connection.putrequest("PUT", target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", line.origin[1])
            connection.putheader("Content-Length", str(part.size))
            try:
                connection.endheaders()
                while sent < part.size:
                    if self._stop.is_set():
                        raise Stopped
                    count = self._send(sock, offset + sent, part.size - sent)
                    sent += count
                    self._on_bytes(count)
            except OSError as broken:
                answer = _answer_before_the_end(connection, broken)
            else:
                answer = connection.getresponse()
            body = answer.read()
            headers = {name.lower(): value for name, value in answer.headers.items()}
            if answer.status != 200 or sent < part.size or "etag" not in headers:
                raise PartFailed(*store_refusal(answer.status, headers, body))
            arrived = True
            return bare_etag(headers["etag"])
        finally:
            if not arrived:
                self._on_bytes(-sent)
                self._drop(line)

    def _send(self, sock: socket.socket, offset: int, left: int) -> int:
        file = self._file()
        if isinstance(sock, ssl.SSLSocket):
            block = os.pread(file.fileno(), min(left, _TLS_BLOCK), offset)
            sock.sendall(block)
            count = len(block)
        else:
            count = sock.sendfile(file, offset, min(left, _BLOCK))
        if count == 0:
            raise FileChanged(f"{self._path} became shorter while it was being uploaded.")
        return count


def _answer_before_the_end(
    connection: http.client.HTTPConnection, broken: OSError
) -> http.client.HTTPResponse:
    """Return what a store said before it closed the connection in the middle of the body."""
    try:
        return connection.getresponse()
    except (OSError, http.client.HTTPException):
        raise broken from None
