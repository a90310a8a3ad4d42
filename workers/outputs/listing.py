"""Where segments are listed once they are stored."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from core.tasks.spans import Listed, NewSpan, NewTrack


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
