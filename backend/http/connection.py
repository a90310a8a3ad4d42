"""Limits on a connection that uvicorn does not have: time, size and number.

A client may take its time for ever in three ways: sending a request, taking an answer, and being
one of very many. Each is ended by closing the connection, which the request that waits for it
learns as any other disconnect. Nothing is done here for a request that arrives in one piece and an
answer that leaves in one piece but to note that they did.
"""

import asyncio
import resource
from asyncio import TimerHandle
from contextlib import suppress
from typing import Any, Literal

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core import log

_log = log.get(__name__)
# As much as a reading connection may have gathered of a head that is not whole yet. Ours are below
# 2 KiB; common servers take 8 to 64 KiB.
_HEAD_BYTES = 64 * 1024
# Descriptors that are left for Postgres, Redis, S3, SQS and files when connections have the others.
_RESERVED_FILES = 256


class BoundedConnection(HttpToolsProtocol):
    """HTTP/1.1 on one connection.

    Attributes:
        patience_s: within so many seconds of its first byte a request must have arrived wholly
            (the first one: of the connection), and an answer that waits must move on.
        most: connections that are kept at once in this process.
    """

    patience_s: float
    most: int

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._missing: Literal["head", "body", ""] = "head"
        self._head = 0
        self._reading: TimerHandle | None = None
        self._writing: TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            # The door itself must stay free for those who check whether we are well.
            transport.abort()
            return
        self._reading = self.loop.call_later(self.patience_s, self._close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        super().connection_lost(exc)
        self._stop_reading_timer()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Take what arrived, and note whether a request is still on its way."""
        super().data_received(data)
        # Empty lines before a request are no request: who sends just those is still to begin.
        if not self._missing and not self.cycle.response_complete:
            if self._reading is not None:
                self._stop_reading_timer()
            return
        if self._reading is None:
            self._head = 0
            self._reading = self.loop.call_later(self.patience_s, self._close)
        if self._missing == "head":
            self._head += len(data)
            if self._head > _HEAD_BYTES:
                self._close()

    def on_message_begin(self) -> None:
        """Note that a request has begun."""
        self._missing = "head"
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that its head has arrived."""
        self._missing = "body"
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that it has arrived."""
        self._missing = ""
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Wait for the client to take what is written, but not for ever."""
        super().pause_writing()
        self._writing = self.loop.call_later(self.patience_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _stop_reading_timer(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None


def bounded(patience_s: float, most: int) -> type[BoundedConnection]:
    """Return the class to give to uvicorn as `http`."""
    values = {"patience_s": patience_s, "most": most}
    return type("Bounded", (BoundedConnection,), values)


def most_connections() -> int:
    """Ask the system for as many descriptors as it allows; return how many are for connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Some systems say that there is no limit and mean another one that they do not tell.
    for wanted in (65_536, 10_240, 4_096) if hard == resource.RLIM_INFINITY else (hard,):
        files = min(wanted, 65_536)
        if soft < files:
            with suppress(ValueError, OSError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
                break
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(files - _RESERVED_FILES, files // 2)
