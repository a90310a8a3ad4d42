"""The stream of changes of one video, or of all of a user's.

First the present state is read from Postgres, then again whenever word comes that something
changed, and now and then without word: so a lost event heals, and nothing depends on Redis.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement

from backend.videos.reader import VideoReader
from backend.videos.schemas import VideoItem
from core.errors import NotFound
from core.events import Subscriber, VideoEvent
from core.models import Video

_HEAL_S = 5.0  # how long a lost event can go unnoticed
_SNAPSHOT = 100  # of all videos, the newest
_OVERLAP = timedelta(seconds=30)  # a transaction may commit later than the time it wrote


async def changes_of_one(
    reader: VideoReader, subscriber: Subscriber, user_id: uuid.UUID, video_id: uuid.UUID
) -> AsyncIterator[VideoItem]:
    """Yield a video now and after each change; end when it is deleted."""
    seen = 0
    async with subscriber.listen(user_id) as queue:
        while True:
            try:
                item = await reader.get(video_id, user_id)
            except NotFound:
                return
            if item.version > seen:
                seen = item.version
                yield item
            await _until_word(queue, lambda event: event.video_id == video_id)


async def changes_of_all(
    reader: VideoReader, subscriber: Subscriber, user_id: uuid.UUID
) -> AsyncIterator[VideoItem]:
    """Yield each of a user's videos that is worked on or new, and whatever changes after."""
    seen: dict[uuid.UUID, int] = {}
    mine: list[ColumnElement[bool]] = [Video.user_id == user_id]
    async with subscriber.listen(user_id) as queue:
        since: datetime | None = None
        while True:
            started = datetime.now(UTC)
            recent = [] if since is None else [Video.updated_at > since - _OVERLAP]
            for item in reversed(await reader.select([*mine, *recent], most=_SNAPSHOT)):
                if item.version > seen.get(item.id, 0):
                    seen[item.id] = item.version
                    yield item
            since = started
            await _until_word(queue, lambda event: event.version > seen.get(event.video_id, 0))


async def _until_word(
    queue: "asyncio.Queue[VideoEvent]", matters: Callable[[VideoEvent], bool]
) -> None:
    """Return when something that matters has changed, or it is time to look anyway."""
    try:
        async with asyncio.timeout(_HEAL_S):
            while not matters(await queue.get()):
                pass
    except TimeoutError:
        return
    while not queue.empty():  # one look answers all of them
        queue.get_nowait()
