"""Where segments are listed once they are stored."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Protocol, TypeVar

from core.errors import DatabaseAway
from core.tasks.spans import Listed, NewSpan, NewTrack, Stored

T = TypeVar("T")

_SETTLE_S = 600.0  # how long what is stored is offered to a database that is away
_AGAIN_S = 1.0


class Listing(Protocol):
    """The list of one job's segments; `workers/runtime/listing.py` keeps it in Postgres.

    The others but `storing` raise:
        LeaseLost: the task belongs to another attempt.
        DatabaseAway: it may or may not have been written.
    """

    unlisted: set[str]

    def storing(self, key: str) -> None:
        """Note an object that is stored now: it is removed if it is never listed."""

    async def listed(self) -> Mapping[str, Listed]:
        """Return what this attempt and earlier ones have listed, by the name of the track."""

    async def stored(self, name: str) -> Sequence[Stored]:
        """Return where the segments of a track are stored, in order."""

    async def add(
        self, tracks: Sequence[NewTrack], spans: Sequence[NewSpan], *, first: bool
    ) -> None:
        """List segments, and tracks that are new; `first` when the video can be watched now."""

    async def is_watched(self) -> bool:
        """Whether somebody watches now what is listed; it raises nothing."""

    async def complete(self, names: Collection[str]) -> None:
        """Note that tracks grow no more."""

    async def withdraw(self, names: Collection[str]) -> None:
        """Take back what is listed of tracks."""


async def however_long(ask: Callable[[], Awaitable[T]]) -> T:
    """Read or write something, again for a while if the database is away; then raise that."""
    deadline = time.monotonic() + _SETTLE_S
    while True:
        try:
            return await ask()
        except DatabaseAway:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(_AGAIN_S)
