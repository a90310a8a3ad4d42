"""Uploads a file while it grows. Its beginning is known last, so it is sent last."""

import asyncio
import contextlib
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.adapters.s3 import Part, RejectedParts, Storage
from core.errors import TransientError, Unavailable
from core.uploads.multipart import MIB
from workers.outputs.file_range import free_range
from workers.outputs.send import see_all, send, send_stretch
from workers.runtime.concurrency import end as end_all
from workers.transfer_limits import CUT, DEFAULT_PACE, Pace, Patience

PART = 16 * MIB
_LEAST_KEPT = 8 * MIB  # of the file itself: ffprobe looks at its first 5,000,000 bytes
_PAGE = 4096  # the disk is given back in whole blocks
_SAME = 9_000  # parts of one size, 144 GB: some stores take no others. Then they grow


def part_length(number: int) -> int:
    """Return the bytes of part `number`, which counts from 1.

    The disk holds one of each file, and 10,000 must do for the longest video.
    """
    return PART * (1 + max(0, number - _SAME) // 100)


@dataclass(frozen=True, slots=True)
class Front:
    """What takes the place of the first bytes of a file: those of `path`, `length` of them.

    `rest` is where the file ends that comes behind it.
    """

    path: Path
    length: int
    rest: int


class Upload:
    """Sends a file while it grows, and gives back the disk that what was sent has taken.

    Nothing is an object before `complete`. Every method but `close` raises:
        TransientError: the store took something too slowly, or has not what was sent.
        OSError: the file cannot be read.
        Unavailable: the store does not answer.

    Attributes:
        path: the file.
        unsent: bytes that wait to be sent, or are on their way.
    """

    def __init__(
        self,
        storage: Storage,
        path: Path,
        key: str,
        content_type: str,
        gate: asyncio.Semaphore,
        pace: Pace = DEFAULT_PACE,
        ahead: int = 0,
    ) -> None:
        """Begin nothing yet.

        `gate` is how many parts, of this file and others, may be on their way at once. `ahead` is
        how many bytes will come before those of the file: rather too many than too few, because
        then all parts are of one size.
        """
        self._storage, self._key, self._content_type = storage, key, content_type
        self._gate, self._pace = gate, pace
        self.path = path
        self.unsent = 0
        self._fronts = -(-(ahead + _LEAST_KEPT) // PART)  # parts
        self._kept = (self._fronts * PART - ahead) // _PAGE * _PAGE
        self._at = self._kept  # the parts that were begun reach to here
        self._upload_id: asyncio.Future[str] | None = None
        self._parts: list[asyncio.Future[Part]] = []  # those of the front are the last
        self._front = Front(path, 0, 0)
        self._complete = False

    @property
    def kept(self) -> int:
        """How many bytes of the file are kept until its end: all of them while it is small."""
        return self._kept if self._parts else sys.maxsize

    @property
    def front_length(self) -> int:
        """How long the front should be, in bytes; 0 for as long as it happens to be."""
        return self._fronts * PART if self._parts else 0

    def grown(self, end: int) -> None:
        """Send what has been added, as far as it fills parts; before `end` nothing will change."""
        for part in self._parts:
            if part.done():
                part.result()
        while end - self._at >= (length := part_length(self._next)):
            self._begin(length)

    async def finish(self, front: Front) -> None:
        """Have the store take all that is left, with this in the place of what was `kept`."""
        self._front = front
        if self._parts:
            if self._at > front.rest:
                raise TransientError(f"{self.path.name} ends before what was sent of it")
            self.grown(front.rest)
            if front.rest > self._at:
                self._begin(front.rest - self._at)
            last = self._fronts - 1
            for index in range(self._fronts):
                start = index * PART
                length = PART if index < last else front.length - start
                part = self._part(index + 1, front.path, start, length)
                self._parts.append(asyncio.ensure_future(part))
            await asyncio.gather(*self._parts)

    async def complete(self) -> int:
        """Make an object of what was sent, and return its size in bytes."""
        if self._upload_id is None:
            front, size = self._front.path, self._front.length
            async with self._gate:
                await send(self._storage, front, size, self._key, self._content_type, self._pace)
            return size
        parts = sorted((part.result() for part in self._parts), key=lambda part: part.number)
        try:
            await Patience(self._pace).bear(
                partial(self._storage.complete_upload, self._key, self._upload_id.result(), parts)
            )
        except RejectedParts as error:
            raise TransientError(f"{self._key}: {error}", CUT) from error
        self._complete = True
        size = sum(part.size for part in parts)
        await see_all(self._storage, self._key, size, self._pace)
        return size

    async def close(self) -> None:
        """End what is on its way; what is no object by now will be none."""
        if self._upload_id is None:
            return
        await end_all(*self._parts, self._upload_id)
        if not self._complete and not self._upload_id.cancelled():
            # What went wrong before is what matters, and the sweeps look again.
            with contextlib.suppress(Unavailable):
                await self._storage.abort_upload(self._key, self._upload_id.result())

    @property
    def _next(self) -> int:
        return self._fronts + len(self._parts) + 1

    def _begin(self, length: int) -> None:
        if self._upload_id is None:
            opening = partial(self._storage.create_upload, self._key, self._content_type)
            self._upload_id = asyncio.ensure_future(Patience(self._pace).bear(opening))
        number, start = self._next, self._at
        self._parts.append(asyncio.ensure_future(self._part(number, self.path, start, length)))
        self._at += length
        self.unsent += length

    async def _part(self, number: int, path: Path, start: int, length: int) -> Part:
        assert self._upload_id is not None
        upload_id = await asyncio.shield(self._upload_id)
        async with self._gate:
            etag = await send_stretch(
                path,
                start,
                length,
                lambda body: self._storage.upload_part(self._key, upload_id, number, body),
                self._pace,
            )
        if path is self.path:
            # In a thread: a disk may be slow.
            await asyncio.to_thread(free_range, path, start, length)
            self.unsent -= length
        return Part(number, length, etag)
