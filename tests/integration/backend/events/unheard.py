"""Changes of which no word comes, and what a stream tells."""

import asyncio
import uuid

from sqlalchemy import func, insert, update

from core.model.ids import new_id
from core.model.states import VideoState
from core.model.tables import Video
from core.videos import lifecycle
from tests.support.app import Api
from tests.support.people import Person
from tests.support.sse import Stream


async def many_videos(api: Api, person: Person, count: int) -> list[uuid.UUID]:
    """Have so many videos; return their ids, the oldest first."""
    ids = sorted(new_id() for _ in range(count))
    rows = [
        {
            "id": video_id, "user_id": person.id, "title": "film", "state": "failed",
            "source_key": "none", "source_filename": "film.mp4", "source_size": 1,
        }
        for video_id in ids
    ]  # fmt: skip
    async with api.services.db.begin() as tx:
        await tx.execute(insert(Video), rows)
    return ids


async def change_unheard(api: Api, ids: list[uuid.UUID], title: str) -> None:
    """Rename videos and tell nobody."""
    async with api.services.db.begin() as tx:
        await tx.execute(
            update(Video)
            .where(Video.id.in_(ids))
            .values(title=title, version=Video.version + 1, updated_at=func.now())
        )


async def told_until(events: Stream, ids: list[uuid.UUID], title: str | None) -> list[uuid.UUID]:
    """Return, in order, the videos that are told under a title until all of some are."""
    left, told = set(ids), []
    async with asyncio.timeout(30):
        while left:
            seen = await events.event(30)
            assert seen is not None
            if title is None or seen["title"] == title:
                told.append(uuid.UUID(seen["id"]))
                left.discard(told[-1])
    return told


async def delete_unheard(api: Api, video_id: uuid.UUID) -> None:
    """Delete a video and tell nobody."""
    async with api.services.db.begin() as tx:
        await lifecycle.touch(tx, video_id, state=VideoState.DELETED)
