"""Uploads that nobody finished or told us of are settled, and what is unwanted is removed."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, insert, select, update

from control import purges, uploads
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.model.states import Topic
from core.model.tables import Job, Purge, Upload
from core.uploads import upload_lifecycle
from core.uploads.multipart import MIB
from core.uploads.upload_lifecycle import UploadRow
from core.videos.purges import schedule_removal
from tests.support.settings import Settings
from tests.support.tables import put_out
from tests.support.work import new_video, video_of

SIZE = 5 * MIB + 3

Check = Callable[[], Awaitable[None]]


@pytest.fixture
def check(settings: Settings, db: Database, storage: Storage) -> Check:
    return partial(uploads.check, db, storage, settings.upload_check_s)


@dataclass(frozen=True)
class Begun:
    """An open upload of two parts, due to be looked at."""

    row: UploadRow
    storage: Storage

    async def send(self, *numbers: int) -> None:
        for number in numbers:
            body = b"x" * (5 * MIB if number == 1 else 3)
            await self.storage.upload_part(self.row.s3_key, self.row.s3_upload_id, number, body)

    async def complete_in_s3(self) -> None:
        await self.send(1, 2)
        parts = await self.storage.list_parts(self.row.s3_key, self.row.s3_upload_id)
        assert parts is not None
        await self.storage.complete_upload(self.row.s3_key, self.row.s3_upload_id, parts)

    async def is_open_in_s3(self) -> bool:
        parts = await self.storage.list_parts(self.row.s3_key, self.row.s3_upload_id)
        return parts is not None


async def begin(db: Database, storage: Storage, *, expired: bool) -> Begun:
    video = await new_video(db, size=SIZE)
    key = f"videos/{video.video_id}/source.mp4"
    now = datetime.now(UTC)
    row = UploadRow(
        id=uuid.uuid4(),
        video_id=video.video_id,
        user_id=video.user_id,
        filename="film.mp4",
        size=SIZE,
        part_size=5 * MIB,
        part_count=2,
        state="open",
        s3_key=key,
        s3_upload_id=await storage.create_upload(key, "video/mp4"),
        expires_at=now + timedelta(hours=-1 if expired else 1),
        created_at=now - timedelta(hours=2),
    )
    async with db.begin() as tx:
        await tx.execute(insert(Upload).values(**vars(row), check_at=now - timedelta(minutes=1)))
    return Begun(row, storage)


async def state_of(db: Database, begun: Begun) -> tuple[str, str]:
    async with db.autocommit() as connection:
        state = await connection.scalar(select(Upload.state).where(Upload.id == begun.row.id))
    return str(state), (await video_of(db, begun.row.video_id)).state


async def purge_all(db: Database, storage: Storage) -> None:
    while True:
        await purges.purge(db, storage)
        async with db.autocommit() as connection:
            due = select(func.count()).where(Purge.not_before <= func.now())
            if not await connection.scalar(due):
                return


async def test_what_s3_has_completed_is_adopted(
    db: Database, storage: Storage, check: Check
) -> None:
    begun = await begin(db, storage, expired=False)
    await begun.complete_in_s3()  # and then the API died, or the client told nobody
    await check()
    assert await put_out(db, Topic.VIDEO) == [begun.row.video_id]
    assert await state_of(db, begun) == ("completed", "queued")
    await check()
    assert await put_out(db, Topic.VIDEO) == [begun.row.video_id]
    async with db.autocommit() as connection:
        assert await connection.scalar(select(func.count()).select_from(Job)) == 1


async def test_an_upload_under_way_is_left_alone(
    db: Database, storage: Storage, check: Check
) -> None:
    begun = await begin(db, storage, expired=False)
    await begun.send(1, 2)  # complete, but its client may have more to say
    await check()
    assert await put_out(db, Topic.VIDEO) == []
    assert await state_of(db, begun) == ("open", "uploading")
    assert await begun.is_open_in_s3()


async def next_look(db: Database, begun: Begun, **values: Any) -> float:
    """Check an upload that is due and has these values; return in how many seconds it is again."""
    async with db.begin() as tx:
        await tx.execute(update(Upload).values(check_at=func.now(), **values))
    async with db.autocommit() as connection:
        await uploads.check(db, begun.storage, 30)
        left = func.extract("epoch", Upload.check_at - func.now())
        return float(await connection.scalar(select(left).where(Upload.id == begun.row.id)) or 0)


async def test_the_older_an_upload_is_the_more_rarely_the_store_is_asked(
    db: Database, storage: Storage
) -> None:
    begun, now = await begin(db, storage, expired=False), datetime.now(UTC)
    looks = [
        await next_look(db, begun, created_at=now - age)
        for age in (timedelta(minutes=1), timedelta(hours=2), timedelta(days=2))
    ]
    # At the latest when it expires; and soon after somebody has begun to complete it.
    looks.append(await next_look(db, begun, completing_until=now - timedelta(minutes=1)))
    assert looks == pytest.approx([30, 720, 3600, 30], abs=5)


async def test_what_s3_has_completed_is_soon_adopted_however_old_it_is(
    db: Database, storage: Storage, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = await begin(db, storage, expired=False)
    await begun.send(1, 2)
    await check()  # and now not again for minutes

    async def die(*_: object) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(upload_lifecycle, "finish", die)
        with pytest.raises(asyncio.CancelledError):
            await upload_lifecycle.complete(db, storage, begun.row)
    await check()
    assert await state_of(db, begun) == ("completed", "queued")


async def test_an_abandoned_upload_is_dropped(db: Database, storage: Storage, check: Check) -> None:
    begun = await begin(db, storage, expired=True)
    await begun.send(1)
    await check()
    assert await put_out(db, Topic.VIDEO) == [begun.row.video_id]
    assert await state_of(db, begun) == ("expired", "deleted")
    await purge_all(db, storage)
    assert not await begun.is_open_in_s3()


async def test_an_expired_upload_with_all_its_parts_is_completed(
    db: Database, storage: Storage, check: Check
) -> None:
    begun = await begin(db, storage, expired=True)
    await begun.send(1, 2)
    await check()
    assert await put_out(db, Topic.VIDEO) == [begun.row.video_id]
    assert await state_of(db, begun) == ("completed", "queued")
    found = await storage.head(begun.row.s3_key)
    assert found is not None
    assert found.size == SIZE


async def test_an_expired_upload_that_s3_forgot_is_dropped(
    db: Database, storage: Storage, check: Check
) -> None:
    begun = await begin(db, storage, expired=True)
    await storage.abort_upload(begun.row.s3_key, begun.row.s3_upload_id)
    await check()
    assert await state_of(db, begun) == ("expired", "deleted")


async def test_an_object_of_another_size_is_not_adopted(
    db: Database, storage: Storage, check: Check
) -> None:
    begun = await begin(db, storage, expired=False)
    await storage.put(begun.row.s3_key, b"something else", "video/mp4")
    await check()
    # The upload itself is still open in S3, so its client may go on.
    assert await state_of(db, begun) == ("open", "uploading")
    await storage.abort_upload(begun.row.s3_key, begun.row.s3_upload_id)
    async with db.begin() as tx:
        await tx.execute(update(Upload).values(check_at=func.now()))
    await check()
    assert await state_of(db, begun) == ("aborted", "deleted")
    await purge_all(db, storage)
    assert await storage.head(begun.row.s3_key) is None


async def test_one_sweep_and_one_client_complete_it_once(
    db: Database, storage: Storage, check: Check
) -> None:
    begun = await begin(db, storage, expired=True)
    await begun.send(1, 2)
    await asyncio.gather(
        check(), *(upload_lifecycle.complete(db, storage, begun.row) for _ in range(4))
    )
    assert await state_of(db, begun) == ("completed", "queued")
    assert await put_out(db, Topic.VIDEO) == [begun.row.video_id]
    async with db.autocommit() as connection:
        assert await connection.scalar(select(func.count()).select_from(Job)) == 1


async def purge_row(db: Database, prefix: str, **values: Any) -> None:
    async with db.begin() as tx:
        await tx.execute(insert(Purge).values(id=uuid.uuid4(), prefix=prefix, **values))


async def test_objects_are_removed_when_their_time_has_come(db: Database, storage: Storage) -> None:
    root = f"videos/{uuid.uuid4()}/"
    for name in ("a/1", "a/2", "b"):
        await storage.put(root + name, b"x", "text/plain")
    half_sent = f"{root}a/3", await storage.create_upload(f"{root}a/3", "text/plain")
    await storage.upload_part(*half_sent, 2, b"x")
    await purge_row(db, f"{root}a/")
    await purge_row(db, f"{root}b", not_before=datetime.now(UTC) + timedelta(minutes=1))
    assert await purges.purge(db, storage) == 2
    assert await purges.purge(db, storage) == 0
    assert await storage.head(f"{root}a/1") is None
    assert not await storage.is_open(*half_sent)
    assert await storage.head(f"{root}b") is not None
    async with db.autocommit() as connection:
        assert await connection.scalar(select(func.count()).select_from(Purge)) == 1


async def test_a_removal_waits_for_as_long_as_it_was_scheduled(
    db: Database, storage: Storage
) -> None:
    for name in ("now", "later"):
        await storage.put(f"videos/{name}", b"x", "text/plain")
    async with db.begin() as tx:
        await schedule_removal(tx, "videos/now", wait=timedelta(0))
        await schedule_removal(tx, "videos/later")
    assert await purges.purge(db, storage) == 1
    assert await storage.head("videos/later") is not None


async def test_a_purge_that_was_interrupted_is_done_again(
    db: Database, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = f"videos/{uuid.uuid4()}/"
    await storage.put(f"{prefix}a", b"x", "text/plain")
    await purge_row(db, prefix)

    async def die(_prefix: str) -> int:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(storage, "delete_prefix", die)
        with pytest.raises(asyncio.CancelledError):
            await purges.purge(db, storage)
    assert await purges.purge(db, storage) == 0  # it is leased for a while
    async with db.begin() as tx:
        await tx.execute(update(Purge).values(not_before=func.now()))
    assert await purges.purge(db, storage) == 1
