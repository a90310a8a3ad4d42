"""What is deleted is gone: names at once, objects and rows soon after."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from control.deleted import forget_videos
from control.outbox_cleanup import forget_sent
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.errors import LeaseLost, Unavailable
from core.model.tables import Outbox, Video
from core.tasks import planning, settle
from core.tasks.planning import Inspection, NewTask
from core.videos import removal
from tests.support.tables import all_text
from tests.support.work import LEASE_S, claim, publish, queue_video, rows, video_of

AN_HOUR = 3600.0
SAID = ("A film", "film.mp4", "Reykjavik")


async def delete(db: Database, video_id: uuid.UUID) -> None:
    async with db.begin() as tx:
        assert await removal.delete_video(tx, video_id) is not None


async def let_an_hour_pass(db: Database) -> None:
    async with db.begin() as tx:
        ago = func.now() - timedelta(hours=2)
        await tx.execute(update(Video).values(updated_at=ago))
        await tx.execute(update(Outbox).values(sent_at=ago))


async def test_names_are_gone_at_once(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    async with db.begin() as tx:
        made = Inspection({}, (NewTask("encode", "encode"),), {"place": "Reykjavik"})
        await planning.plan(tx, held, made, LEASE_S, "worker", uuid.uuid4())
    told = await all_text(db)
    assert [word for word in SAID if word in told] == [*SAID]
    await delete(db, queued.video_id)
    told = await all_text(db)
    assert not [word for word in SAID if word in told]


async def test_rows_and_objects_are_gone_an_hour_later(db: Database, storage: Storage) -> None:
    queued, other = await queue_video(db), await queue_video(db)
    for each in (queued, other):
        await publish(db, storage, await claim(db, each.task_id), "720p", "480p")
    await delete(db, queued.video_id)
    assert await forget_videos(db, storage, AN_HOUR) == 0  # there may be somebody who must be told
    assert (await video_of(db, queued.video_id)).state == "deleted"
    # A worker that had not heard of it has written once more.
    late = f"videos/{queued.video_id}/late.mp4"
    await storage.put(late, b"late", "video/mp4")
    await let_an_hour_pass(db)
    assert await forget_videos(db, storage, AN_HOUR) == 1
    assert await forget_sent(db) > 0
    assert await storage.head(late) is None
    told = await all_text(db)
    for lost in (queued.video_id, queued.job_id, queued.task_id):
        assert str(lost) not in told
    _, _, video = await rows(db, other)
    assert video.state == "ready"


async def test_while_the_store_keeps_something_the_row_stays(
    db: Database, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued = await queue_video(db)
    await delete(db, queued.video_id)
    await let_an_hour_pass(db)

    async def refuse(_prefix: str) -> int:
        raise Unavailable("The object store did not delete 1 object.")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "delete_prefix", refuse)
        assert await forget_videos(db, storage, AN_HOUR) == 0
    assert (await video_of(db, queued.video_id)).state == "deleted"


async def test_a_deleted_video_is_deleted_once(db: Database) -> None:
    queued = await queue_video(db)
    held = await claim(db, queued.task_id)
    await delete(db, queued.video_id)
    async with db.begin() as tx:
        assert await removal.delete_video(tx, queued.video_id) is None
    with pytest.raises(LeaseLost):
        async with db.begin() as tx:
            await settle.give_back(tx, held, delay_s=0, charge=True)
    async with db.autocommit() as connection:
        assert await connection.scalar(select(func.count()).select_from(Video)) == 1
