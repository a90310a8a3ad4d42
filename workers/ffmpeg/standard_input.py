"""Feeds FFmpeg's standard input through a pipe, and measures the waiting."""

import asyncio
import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

# What Linux lets anybody have. The more there is in the pipe, the less often one waits for the
# other. FFmpeg itself asks for 32 KiB at a time.
_PIPE_BYTES = 1024**2


class ReaderGoneError(Exception):
    """FFmpeg has ended, or wants no more."""


class OwnTime:
    """A clock that stands while FFmpeg waits for us: that time is not its own."""

    def __init__(self) -> None:
        self._stood, self._since, self._reasons = 0.0, 0.0, 0

    def now(self) -> float:
        """Return seconds."""
        now = time.monotonic()
        return now - self._stood - (now - self._since if self._reasons else 0.0)

    def stand(self) -> None:
        """Stand still until `go`; who says so twice must say the other twice."""
        if not self._reasons:
            self._since = time.monotonic()
        self._reasons += 1

    def go(self) -> None:
        """Go on, unless there is another reason to stand."""
        self._reasons -= 1
        if not self._reasons:
            self._stood += time.monotonic() - self._since

    @contextlib.contextmanager
    def standing(self) -> Iterator[None]:
        """Stand still for as long as the block lasts."""
        self.stand()
        try:
            yield
        finally:
            self.go()


# Writes a source; when it returns all of it has been written.
Feed = Callable[["StandardInput"], Coroutine[Any, Any, None]]


class StandardInput:
    """The pipe, seen from its writing end.

    It may be closed when everything has been written, or when FFmpeg is no more: to FFmpeg its end
    is the end of the video.

    Attributes:
        reading_end: for FFmpeg; None once it has been handed over.
        taken: bytes that have gone into the pipe.
    """

    def __init__(self, feed: Feed, own_time: OwnTime) -> None:
        self._feed = feed
        self._time = own_time
        self.taken = 0
        reads, self._writing_end = os.pipe()
        self.reading_end: int | None = reads
        os.set_blocking(self._writing_end, False)
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            with contextlib.suppress(OSError):  # a user may have only so much in pipes
                fcntl.fcntl(self._writing_end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    async def feed(self) -> None:
        """Have everything written, once FFmpeg is there."""
        self._hand_over()
        with contextlib.suppress(ReaderGoneError):  # how it ended is told by its status
            await self._feed(self)
            # Everything is there: now, and only now, comes the end.
            self.close()

    def _hand_over(self) -> None:
        # Once FFmpeg has the reading end, its death must be seen.
        if self.reading_end is not None:
            os.close(self.reading_end)
            self.reading_end = None

    def close(self) -> None:
        """Close what is open."""
        self._hand_over()
        if self._writing_end >= 0:
            os.close(self._writing_end)
            self._writing_end = -1

    def waiting(self) -> contextlib.AbstractContextManager[None]:
        """Have FFmpeg's time stand still while there is nothing to write."""
        return self._time.standing()

    async def write(self, data: bytes | bytearray) -> None:
        """Write all of it, as FFmpeg reads.

        Raises:
            ReaderGoneError: nobody reads any more.
        """
        rest = memoryview(data)
        while rest:
            try:
                count = os.write(self._writing_end, rest)
            except BlockingIOError:
                await self._writable()
            except BrokenPipeError as error:
                raise ReaderGoneError from error
            else:
                self.taken += count
                rest = rest[count:]

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        loop.add_writer(self._writing_end, _done, ready)
        try:
            await ready
        finally:
            loop.remove_writer(self._writing_end)


def _done(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
