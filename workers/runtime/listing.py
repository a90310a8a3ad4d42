"""Lists the segments of an attempt in Postgres."""

from collections.abc import Collection, Mapping, Sequence

from core.adapters.postgres import Database
from core.tasks import spans
from core.tasks.claim import Work
from core.tasks.spans import Listed, NewSpan, NewTrack, Stored
from core.watching import Watching


class AttemptListing:
    """The list of a job's segments, for the attempt that holds its task; see `Listing`.

    Attributes:
        unlisted: keys of objects that may be stored, and of which no answer said that they are
            listed.
    """

    def __init__(self, db: Database, work: Work, watching: Watching) -> None:
        self._db, self._work, self._watching = db, work, watching
        self._is_empty = work.attempt == 1  # nobody has listed anything
        self.unlisted: set[str] = set()

    def storing(self, key: str) -> None:
        """Note an object that is stored now."""
        self.unlisted.add(key)
        self._is_empty = False

    async def listed(self) -> Mapping[str, Listed]:
        """Return what is listed: at the beginning a first attempt need not ask."""
        if self._is_empty:
            return {}
        async with self._db.autocommit() as connection:
            return await spans.listed(connection, self._work)

    async def stored(self, name: str) -> Sequence[Stored]:
        """Return where the segments of a track are stored, in order."""
        async with self._db.autocommit() as connection:
            return await spans.stored(connection, self._work, name)

    async def add(
        self, tracks: Sequence[NewTrack], added: Sequence[NewSpan], *, first: bool
    ) -> None:
        """List segments, and tracks that are new; `first` when the video can be watched now."""
        await self._add(tracks, added, first=first)
        self.unlisted -= {span.s3_key for span in added}

    async def _add(
        self, tracks: Sequence[NewTrack], added: Sequence[NewSpan], *, first: bool
    ) -> None:
        if first:
            async with self._db.begin() as tx:
                await spans.begin_playing(tx, self._work, tracks, added)
            return
        if tracks:
            async with self._db.begin() as tx:
                await spans.join(tx, self._work, tracks, added)
            return
        async with self._db.autocommit() as connection:
            await spans.add(connection, self._work, tracks, added)

    async def is_watched(self) -> bool:
        """Whether somebody watches now what is listed."""
        return await self._watching.is_watched(self._work.job_id)

    async def complete(self, names: Collection[str]) -> None:
        """Note that tracks grow no more."""
        async with self._db.autocommit() as connection:
            await spans.complete(connection, self._work, names)

    async def withdraw(self, names: Collection[str]) -> None:
        """Take back what is listed of tracks, and have it removed."""
        async with self._db.begin() as tx:
            await spans.withdraw(tx, self._work, names)
