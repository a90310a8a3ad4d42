"""The stream of changes of one video, or of all of a user's.

First the present state is read from Postgres, then again whenever word comes that something
changed, and now and then without word: so a lost event heals, and nothing depends on Redis. Then
the session is looked up again too, because a stream lives longer than the token that opened it.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Collection
from datetime import UTC, datetime, timedelta

from redis.exceptions import RedisError
from sqlalchemy import ColumnElement

from backend.deps import Principal
from backend.events.schemas import DeletedVideo
from backend.videos.reader import VideoReader
from backend.videos.schemas import VideoItem
from core.errors import NotFound, Unauthenticated
from core.events import VideoEvent
from core.models import Video

_HEAL_S = 5.0  # how long a lost event, or the end of a session, can go unnoticed
_SNAPSHOT = 100  # of all videos, the newest
_OVERLAP = timedelta(seconds=30)  # a transaction may commit later than the time it wrote

Change = VideoItem | DeletedVideo
Queue = asyncio.Queue[VideoEvent]


async def changes_of_one(user: Principal, video_id: uuid.UUID) -> AsyncIterator[Change]:
    """Yield a video now and after each change; end when it is deleted or the session has ended."""
    reader, seen = user.held.videos, 0
    async with user.held.subscriber.listen(user.user_id) as queue:
        pace = _Pace(user, queue, lambda event: event.video_id == video_id)
        while await pace.may_go_on():
            try:
                item = await reader.get(video_id, user.user_id)
            except NotFound:
                for gone in await _deleted(reader, user, [video_id]):
                    yield gone
                return
            if item.version > seen:
                seen = item.version
                yield item
            await pace.next()


async def changes_of_all(user: Principal) -> AsyncIterator[Change]:
    """Yield the user's newest videos, and whatever changes after, until the session has ended."""
    reader = user.held.videos
    known: dict[uuid.UUID, int] = {}  # with the version that was told; 0 when none was
    mine: list[ColumnElement[bool]] = [Video.user_id == user.user_id]
    async with user.held.subscriber.listen(user.user_id) as queue:
        pace = _Pace(user, queue, lambda event: event.version > known.get(event.video_id, 0))
        since: datetime | None = None
        while await pace.may_go_on():
            started = datetime.now(UTC)
            doubtful = pace.heard
            if pace.healing:  # before anything is told: who was told must not miss a deletion
                there = await reader.ids(user.user_id)
                doubtful = doubtful | (known.keys() - there)
                known.update(dict.fromkeys(there - known.keys(), 0))
            recent = [] if since is None else [Video.updated_at > since - _OVERLAP]
            for item in reversed(await reader.select([*mine, *recent], most=_SNAPSHOT)):
                if item.version > known.get(item.id, 0):
                    known[item.id] = item.version
                    yield item
            since = started
            for gone in await _deleted(reader, user, doubtful):
                if gone.version > known.get(gone.id, 0):
                    known[gone.id] = gone.version
                    yield gone
            await pace.next()


async def _deleted(
    reader: VideoReader, user: Principal, doubtful: Collection[uuid.UUID]
) -> list[DeletedVideo]:
    versions = await reader.deleted(user.user_id, doubtful) if doubtful else {}
    return [DeletedVideo(id=item, version=version) for item, version in versions.items()]


class _Pace:
    """When to look: at word of something that matters, and now and then without.

    Attributes:
        heard: the videos of which word came, since the look before.
        healing: whether this look must find what no word came of.
    """

    def __init__(
        self, user: Principal, queue: Queue, matters: Callable[[VideoEvent], bool]
    ) -> None:
        self._user = user
        self._queue = queue
        self._matters = matters
        self._clock = asyncio.get_running_loop().time
        self._heal_at = self._clock()
        self.heard: set[uuid.UUID] = set()
        self.healing = False

    async def may_go_on(self) -> bool:
        """Begin a look; False when the session has ended."""
        self.healing = self._clock() >= self._heal_at
        if not self.healing:
            return True
        try:
            await self._user.held.sessions.check(self._user.session_id)
        except Unauthenticated:
            return False
        except (RedisError, OSError):
            return True  # it is not known to have ended; asked again at the next look
        return True

    async def next(self) -> None:
        """Return when something that matters has changed, or it is time to look anyway."""
        self.heard = set()
        if self.healing:
            self._heal_at = self._clock() + _HEAL_S
        try:
            async with asyncio.timeout_at(self._heal_at):
                while not self.heard:
                    self._hear(await self._queue.get())
        except TimeoutError:
            return
        while not self._queue.empty():  # one look answers all of them
            self._hear(self._queue.get_nowait())

    def _hear(self, event: VideoEvent) -> None:
        if self._matters(event):
            self.heard.add(event.video_id)
