"""Another encode that lists some tracks of a film meanwhile, and how these are taken over."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from core.errors import DatabaseAway
from core.tasks.spans import Listed
from workers.outputs.listing import Listing, however_long
from workers.outputs.stream_track import StreamTrack
from workers.runtime.concurrency import end


class Ahead(Protocol):
    """Another encode of this attempt, which lists some tracks meanwhile: nobody else does."""

    @property
    def names(self) -> Collection[str]:
        """The names of these tracks. Something of each may be listed, or nothing yet."""

    def reached(self, name: str) -> Listed | None:
        """Return what is listed of a track by now."""

    async def end(self) -> None:
        """End it: nothing is listed by it any more. It may be asked again, not twice at once.

        Raises:
            LeaseLost, DatabaseAway: as `Listing.add` does.
        """


class Handover:
    """The tracks of what is ahead, until they are taken over."""

    def __init__(self, ahead: Ahead, listing: Listing) -> None:
        self._ahead, self._listing = ahead, listing
        self._ending: asyncio.Future[Mapping[str, Listed]] | None = None

    def of(self, tracks: Sequence[StreamTrack]) -> list[StreamTrack]:
        """Return which of some tracks it lists."""
        return [each for each in tracks if each.name in self._ahead.names]

    def tell(self, tracks: Sequence[StreamTrack]) -> None:
        """Tell its tracks how far they are listed by now."""
        for track in self.of(tracks):
            track.known = self._ahead.reached(track.name)

    async def take_over(self, tracks: Sequence[StreamTrack], *, wait: bool) -> bool:
        """End it, and have its tracks go on behind it; return whether that is done.

        Unless it is to `wait` for it, it may take longer: what is ahead may wait for the store, and
        both for the database. Then it is to be asked again.

        Raises:
            OffGridError: something was passed over that is not listed any more.
            DatabaseAway: it was waited for, for too long.
            LeaseLost: the task belongs to another attempt.
        """
        if self._ending is None:
            self._ending = asyncio.ensure_future(however_long(self._ended))
        if wait:
            await asyncio.wait({self._ending})
        if not self._ending.done():
            return False
        ending, self._ending = self._ending, None
        try:
            known = ending.result()
        except DatabaseAway:
            if wait:
                raise
            return False
        for track in self.of(tracks):
            track.goes_on_behind(known.get(track.name))
        return True

    async def give_up(self) -> None:
        """End it, as nothing is to go on behind it; raises as `take_over` that waits."""
        await self.close()
        await however_long(self._ahead.end)

    async def close(self) -> None:
        """End what is on its way."""
        if self._ending is not None:
            await end(self._ending)
            self._ending = None

    async def _ended(self) -> Mapping[str, Listed]:
        await self._ahead.end()
        return await self._listing.listed()
