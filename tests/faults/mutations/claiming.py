"""Without the guards of claims."""

import uuid
from typing import Any

from sqlalchemy import and_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.faults.mutations import KINDS, mutation, replace


@mutation("claim_guard", "workers")
def no_claim_guard() -> None:
    """A claim takes the task whose turn it is, whatever has become of it."""
    from core.model.tables import Task
    from core.tasks import fair_order

    def claimable(skills: fair_order.Skills) -> Any:
        return and_(Task.attempt < skills.max_attempts, Task.blocked_by == 0)

    replace(fair_order, "claimable", claimable)


@mutation("begin_guard", "workers")
def no_begin_guard() -> None:
    """A claimed task begins, whatever has become of its job."""
    from core.model.states import JobState
    from core.tasks import claim

    replace(claim, "JOB_LIVE", tuple(JobState))


@mutation("fence", "workers")
def no_fence() -> None:
    """A write counts whoever holds the task by now, and a holder is never told that it is lost."""
    from core.model.states import TaskState
    from core.model.tables import Task
    from core.tasks import claim, lease, settle

    def named(held: claim.Claim) -> Any:
        return Task.id == held.task_id

    async def unfenced(connection: AsyncConnection, held: claim.Claim, **values: Any) -> None:
        # The database itself lets nobody have a lease of what has ended; nor is he told.
        runs = and_(named(held), Task.state == TaskState.RUNNING)
        await connection.execute(update(Task).where(runs).values(**values))

    async def holds(_connection: AsyncConnection, _held: claim.Claim) -> bool:
        return True

    replace(lease, "fenced", unfenced)
    replace(lease, "holds", holds)
    replace(settle, "ours", named)


@mutation("any_transition", *KINDS)
def any_transition() -> None:
    """A video enters any state from any other one, as its job has it."""
    from core.model import states
    from core.model.tables import Video
    from core.videos import lifecycle

    plain, deleted = lifecycle.touch, states.VideoState.DELETED

    async def touch(tx: AsyncConnection, video_id: uuid.UUID, **values: Any) -> bool:
        if (to := values.get("state", deleted)) is not deleted:
            was_deleted = and_(Video.id == video_id, Video.state == deleted)
            await tx.execute(update(Video).where(was_deleted).values(state=to))
        return await plain(tx, video_id, **values)

    def of_the_job(
        _video: states.VideoState, job: states.JobState, **_more: object
    ) -> states.VideoState:
        return states._VIDEO_OF_JOB[job]

    replace(lifecycle, "touch", touch)
    replace(states, "video_state", of_the_job)


@mutation("own_place", "workers")
def no_own_place() -> None:
    """All attempts put their outputs into the same place."""
    from core.model import object_keys

    plain = object_keys.attempt_prefix

    def shared(video_id: uuid.UUID, job_id: uuid.UUID, key: str, _attempt: int) -> str:
        return plain(video_id, job_id, key, 1)

    replace(object_keys, "attempt_prefix", shared)


@mutation("only_told", "workers")
def look_only_when_told() -> None:
    """A worker looks for work when a message came, and never by itself."""
    from workers.runtime.consumer import Consumer

    plain = Consumer._handle

    async def handle(self: Consumer, message: Any) -> None:
        if message is not None:
            await plain(self, message)

    replace(Consumer, "_handle", handle)
