"""Whose turn it is: one user's many videos do not hold up another's one."""

import asyncio
import uuid
from dataclasses import replace

from sqlalchemy import insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from core.adapters.postgres import Database
from core.jobs import create
from core.model.states import VideoState
from core.model.tables import Job, Task, User, Video
from core.tasks import settle
from core.tasks.claim import Claim, Unclaimable, Work
from core.tasks.planning import NewTask
from tests.support.waiting import wait_until
from tests.support.work import (
    SKILLS,
    begun,
    claim_next_of_all,
    locked,
    planned,
    queue_video,
    succeed,
    task_of,
)


async def new_person(db: Database, *, priority: int = 0) -> uuid.UUID:
    user_id = uuid.uuid4()
    async with db.begin() as tx:
        await tx.execute(
            insert(User).values(
                id=user_id, email=f"{user_id}@example.com", password_hash="-", priority=priority
            )
        )
    return user_id


async def queue_in(tx: AsyncConnection, user_id: uuid.UUID) -> uuid.UUID:
    """Queue a video of a user; return its id."""
    video_id = uuid.uuid4()
    await tx.execute(
        insert(Video).values(
            id=video_id,
            user_id=user_id,
            title="A film",
            state=VideoState.UPLOADING,
            source_key=f"videos/{video_id}/source.mp4",
            source_filename="film.mp4",
            source_size=1,
        )
    )
    await create.create(tx, await locked(tx, video_id), "transcode")
    return video_id


async def queue_for(db: Database, user_id: uuid.UUID) -> uuid.UUID:
    """Queue a video of a user; return the task's id."""
    async with db.begin() as tx:
        video_id = await queue_in(tx, user_id)
    found: uuid.UUID = (await task_of(db, video_id)).id
    return found


async def next_claim(db: Database) -> Work:
    """Claim as a worker does that received a message."""
    found = await claim_next_of_all(db)
    assert isinstance(found, Claim), found
    return await begun(db, found)


async def test_one_video_waits_for_at_most_one_queued_before_it(db: Database) -> None:
    busy, other = await new_person(db), await new_person(db)
    first = [await queue_for(db, busy) for _ in range(30)]
    assert (await next_claim(db)).task_id == first[0]  # it is being worked on
    only = await queue_for(db, other)
    order = [(await next_claim(db)).task_id for _ in range(3)]
    assert order == [first[1], only, first[2]]


async def test_users_take_turns(db: Database) -> None:
    users = [await new_person(db) for _ in range(3)]
    for user_id in users:
        for _ in range(4):
            await queue_for(db, user_id)
    order = [(await next_claim(db)).user_id for _ in range(12)]
    assert [set(order[at : at + 3]) for at in (0, 3, 6, 9)] == [set(users)] * 4


async def test_films_that_arrive_together_do_not_share_a_turn(db: Database) -> None:
    """The second one is queued while the first one's transaction is still open."""
    user_id = await new_person(db)
    async with db.begin() as tx:
        await queue_in(tx, user_id)
        second = asyncio.create_task(queue_for(db, user_id))
        await wait_until(lambda: _done_or_waits_for_a_lock(db, second))
    await second
    async with db.autocommit() as connection:
        turns = await connection.execute(select(Task.turn).where(Task.user_id == user_id))
        assert sorted(turns.scalars()) == [0, 1]


async def _done_or_waits_for_a_lock(db: Database, task: "asyncio.Task[uuid.UUID]") -> bool:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with db.autocommit() as connection:
        return task.done() or bool(await connection.scalar(waiting))


async def test_what_waits_after_a_failure_does_not_open_a_gap_for_newcomers(db: Database) -> None:
    busy, other = await new_person(db), await new_person(db)
    for _ in range(6):
        await queue_for(db, busy)
    failed = await next_claim(db)
    async with db.begin() as tx:
        await settle.give_back(tx, failed, delay_s=600, charge=True)
    for _ in range(3):
        await next_claim(db)
    for _ in range(4):
        await queue_for(db, other)
    order = [(await next_claim(db)).user_id for _ in range(4)]
    assert order == [busy, other, busy, other]


async def test_a_higher_priority_goes_first(db: Database) -> None:
    usual, preferred = await new_person(db), await new_person(db, priority=1)
    for _ in range(3):
        await queue_for(db, usual)
    await queue_for(db, preferred)
    assert (await next_claim(db)).user_id == preferred


async def test_a_film_has_one_turn_however_many_tasks_it_has(db: Database) -> None:
    """All tasks of a job inherit its turn: what it has planned does not queue up anew."""
    first, other = await new_person(db), await new_person(db)
    await queue_for(db, first)
    await queue_for(db, first)
    await queue_for(db, other)
    inspecting = await next_claim(db)
    needed = NewTask("encode", "a")
    await planned(db, inspecting, (needed, NewTask("encode", "b"), NewTask("encode", "c")))
    claims = [await next_claim(db) for _ in range(4)]
    assert [each.user_id for each in claims] == [other, first, first, first]
    assert [each.key for each in claims[1:3]] == ["b", "c"]
    assert claims[3].key == "inspect"  # its second film's turn comes last


async def test_what_was_blocked_has_the_turn_of_its_job(db: Database) -> None:
    first, other = await new_person(db), await new_person(db)
    await queue_for(db, first)
    await queue_for(db, other)
    await queue_for(db, other)
    inspecting = await next_claim(db)
    held = await planned(
        db, inspecting, (NewTask("encode", "a"), NewTask("encode", "b", needs=("a",)))
    )
    await succeed(db, held, "720p")
    assert [(await next_claim(db)).user_id for _ in range(3)] == [other, first, other]


async def test_many_workers_get_each_a_task_of_their_own(db: Database) -> None:
    user_id = await new_person(db)
    queued = {await queue_for(db, user_id) for _ in range(15)}

    async def work() -> uuid.UUID:
        while True:
            found = await claim_next_of_all(db)
            if isinstance(found, Claim):
                return found.task_id
            assert found is Unclaimable.LATER  # rows were locked: there is work left

    assert set(await asyncio.gather(*(work() for _ in range(15)))) == queued


async def test_a_locked_task_is_not_taken_for_none(db: Database) -> None:
    queued = await queue_video(db)
    async with db.begin() as locking:
        await locking.execute(select(Task.id).where(Task.id == queued.task_id).with_for_update())
        assert await claim_next_of_all(db) is Unclaimable.LATER


async def test_what_is_held_or_has_ended_is_nobody_elses(db: Database) -> None:
    held = await next_claim_of(db)
    assert await claim_next_of_all(db) is Unclaimable.NOTHING
    await succeed(db, held, "720p")
    assert await claim_next_of_all(db) is Unclaimable.NOTHING


async def next_claim_of(db: Database) -> Work:
    await queue_video(db)
    return await next_claim(db)


async def test_a_worker_claims_only_what_it_knows_and_only_of_its_pool(db: Database) -> None:
    """Not even for a moment: what it gave back would wait, and be in nobody's hands meanwhile."""
    unknown, elsewhere, known = [await queue_video(db) for _ in range(3)]
    async with db.begin() as tx:
        await tx.execute(
            update(Job).where(Job.id == unknown.job_id).values(operation="of_a_newer_release")
        )
        await tx.execute(update(Task).where(Task.id == elsewhere.task_id).values(pool="gpu"))
    assert (await next_claim(db)).task_id == known.task_id
    assert await claim_next_of_all(db) is Unclaimable.NOTHING
    newer = replace(SKILLS, kinds=frozenset({("of_a_newer_release", "inspect")}))
    only_encodes = replace(SKILLS, kinds=frozenset({("of_a_newer_release", "encode")}))
    assert await claim_next_of_all(db, skills=only_encodes) is Unclaimable.NOTHING
    for skills, queued in ((newer, unknown), (replace(SKILLS, pool="gpu"), elsewhere)):
        found = await claim_next_of_all(db, skills=skills)
        assert isinstance(found, Claim)
        assert found.task_id == queued.task_id
