"""The event stream of one video, or of all videos of a user.

The state is read from Postgres first, and again after each event of a new version. An event of
progress is sent on without a read. The state is also read from time to time without an event, so a
lost event does no lasting harm. Then the session is checked too, because a stream lives longer than
the token that opened it.

A read without an event compares the version of every video with the version that was sent. It
sends all that differ, a page at a time.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import AsyncGenerator, Iterator, Sequence
from datetime import timedelta

from redis.exceptions import RedisError

from backend.deps import Principal
from backend.events.library import DeletedVideo, Library
from backend.videos.schemas import VideoItem
from core.errors import Unauthenticated, Unavailable
from core.events import VideoEvent
from core.progress import Progress, parsed

_HEAL_S = 5.0  # how long a lost event, or the end of a session, can go unnoticed
_HEAL_MOST_S = 60.0
_QUICKLY_READ = 5_000  # versions
_NEWEST = 100  # of all videos, so many are told at the beginning even if nothing has changed,
_LATELY = timedelta(minutes=15)  # and those that changed while somebody may have been cut off
_PAGE = 100  # videos that are read, and in memory, at once

Change = VideoItem | DeletedVideo
Queue = asyncio.Queue[VideoEvent]


async def changes(
    user: Principal, only: uuid.UUID | None = None, *, everything: bool = False
) -> AsyncGenerator[Change]:
    """Yield videos as they are, and whatever changes after, until the session has ended.

    It ends when Postgres does not answer: the client comes again.

    Args:
        user: whose.
        only: of this video alone, until it is deleted.
        everything: begin with all videos, for somebody who was here before and may have missed any
            change; else with the newest and those that changed lately.
    """
    library = Library()
    async with user.services.subscriber.listen(user.user_id) as queue:
        pace = _Pace(user, queue, library, only)
        due = await _beginning(user, library, only, everything=everything)
        while True:
            for page in _pages(sorted(due)):  # ids rise with time: the oldest first
                for change in await _told(user, library, page):
                    yield change
                    if only and isinstance(change, DeletedVideo):
                        return
                if not await pace.is_allowed():
                    return
            for video_id, progress in pace.further.items():
                further = library.further(video_id, *progress)
                if further is not None:
                    yield further
            await pace.next(heal_s(len(library)))
            if not await pace.may_go_on():
                return
            due = pace.heard
            if pace.healing:
                due |= await _differing(user, library, only)


async def _beginning(
    user: Principal, library: Library, only: uuid.UUID | None, *, everything: bool
) -> set[uuid.UUID]:
    """Read the present state; return the videos to send first."""
    if only:
        library.begin([(only, 0)])
        return {only}
    newest: deque[uuid.UUID] = deque(maxlen=_NEWEST)
    due: set[uuid.UUID] = set()
    async for rows in user.services.videos.versions(user.user_id, lately=_LATELY):
        library.begin((row.id, row.version) for row in rows)
        newest.extend(row.id for row in rows)
        due.update(row.id for row in rows if everything or row.lately)
    due.update(newest)
    library.must_tell(due)
    return due


async def _differing(user: Principal, library: Library, only: uuid.UUID | None) -> set[uuid.UUID]:
    """Return the videos that may have changed since they were sent, or were deleted."""
    if only:
        return {only}
    there: set[uuid.UUID] = set()
    due: set[uuid.UUID] = set()
    async for rows in user.services.videos.versions(user.user_id, lately=_LATELY):
        there.update(row.id for row in rows)
        due.update(library.changed((row.id, row.version) for row in rows))
    return due | library.missing(there)


async def _told(user: Principal, library: Library, page: Sequence[uuid.UUID]) -> list[Change]:
    """Return the events to send for some videos, and note them as sent."""
    reader = user.services.videos
    there = await reader.some(user.user_id, page)
    absent = set(page) - {item.id for item in there}
    ends = await reader.ends(user.user_id, absent) if absent else {}
    news: list[Change | None] = [library.take(item) for item in there]
    news += [library.end(video_id, ends.get(video_id)) for video_id in sorted(absent)]
    return [change for change in news if change is not None]


def _pages(video_ids: Sequence[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    for start in range(0, len(video_ids), _PAGE):
        yield video_ids[start : start + _PAGE]


def heal_s(known: int) -> float:
    """Return how long to wait until all versions of a user's videos are read again, in seconds.

    As long as that is quick, what no word came of is soon told. Who has very many videos, and
    perhaps many streams, must not keep the database busy with nothing else.
    """
    return min(_HEAL_MOST_S, _HEAL_S * max(1.0, known / _QUICKLY_READ))


class _Pace:
    """When to read again: after an event that matters, and from time to time without one.

    Attributes:
        heard: the videos of which word came, since the look before.
        further: the jobs of videos and how far they are now, as word came of that alone.
        healing: whether this look must find what no word came of.
    """

    def __init__(
        self, user: Principal, queue: Queue, library: Library, only: uuid.UUID | None
    ) -> None:
        self._user = user
        self._queue = queue
        self._library = library
        self._only = only
        self._clock = asyncio.get_running_loop().time
        self._heal_at = self._checked_at = self._clock()
        self.heard: set[uuid.UUID] = set()
        self.further: dict[uuid.UUID, tuple[uuid.UUID | None, Progress]] = {}
        self.healing = True

    async def may_go_on(self) -> bool:
        """Begin a look; False when the session has ended."""
        self.healing = self._clock() >= self._heal_at
        return not self.healing or await self._session_lives()

    async def is_allowed(self) -> bool:
        """Return whether a look that takes long may be gone on with."""
        return self._clock() < self._checked_at + _HEAL_S or await self._session_lives()

    async def _session_lives(self) -> bool:
        self._checked_at = self._clock()
        try:
            await self._user.services.sessions.check(self._user.session_id)
        except Unauthenticated:
            return False
        except (RedisError, OSError, Unavailable):
            return True  # it is not known to have ended; asked again at the next look
        return True

    async def next(self, heal_s: float) -> None:
        """Return when something that matters has changed, or it is time to look anyway."""
        self.heard, self.further = set(), {}
        if self.healing:
            self._heal_at = self._clock() + heal_s
        try:
            async with asyncio.timeout_at(self._heal_at):
                while not self.heard and not self.further:
                    self._hear(await self._queue.get())
        except TimeoutError:
            return
        while not self._queue.empty():  # one look answers all of them
            self._hear(self._queue.get_nowait())

    def _hear(self, event: VideoEvent) -> None:
        if self._only not in (None, event.video_id) or not self._library.is_news(event):
            return
        if event.progress is None:
            self.heard.add(event.video_id)
        elif (progress := parsed(event.progress)) is not None:
            self.further[event.video_id] = event.job_id, progress
