"""Takes over jobs that the release before has queued, so that old and new workers can do them.

During a rollout both releases run. The API of the old release queues tasks in its own table, for
its own workers. A task that waits there, or that an old worker lost, becomes a task of this
release.
"""

import uuid
from typing import Any

from sqlalchemy import Select, and_, delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.jobs.create import FIRST_TASK
from core.jobs.project import project
from core.model.ids import new_id
from core.model.states import JOB_LIVE, Outcome, TaskState, VideoState
from core.model.tables import Job, OldTask, Task, TaskAttempt
from core.outbox.write import hint
from core.tasks import fair_order
from core.videos import lifecycle, purges

_UNKNOWN = "the release before"  # a worker of it: its row no longer says which

_WAITS = or_(
    and_(OldTask.state == TaskState.QUEUED, OldTask.available_at <= func.now()),
    and_(OldTask.state == TaskState.RUNNING, OldTask.lease_until < func.now()),
)


def adoptable() -> Select[uuid.UUID]:
    """Return the statement for tasks of the release before that no worker has."""
    return select(OldTask.id).where(_WAITS).order_by(OldTask.created_at)


async def adopt(tx: AsyncConnection, old_id: uuid.UUID) -> bool:
    """Make a task of the release before a task of this one; False if a worker has it now.

    The charged attempts and the attempt number are kept. The old row is deleted, so an old worker
    finds that it has lost its task. The outputs of old attempts are removed.
    """
    video_id = await tx.scalar(select(OldTask.video_id).where(OldTask.id == old_id))
    video = None if video_id is None else await lifecycle.lock(tx, video_id)
    if video is None:
        return False
    old = (
        await tx.execute(
            delete(OldTask).where(OldTask.id == old_id, _WAITS).returning(*OldTask.__table__.c)
        )
    ).one_or_none()
    if old is None:
        return False
    await purges.schedule_attempts(tx, video.id, old.job_id, None, old.attempt)
    state = await tx.scalar(select(Job.state).where(Job.id == old.job_id).with_for_update())
    if state not in JOB_LIVE or video.state is VideoState.DELETED:
        return False
    _, newest = await fair_order.assign(tx, video.user_id)
    # The release before counts turns by what waits in its own table, which we keep empty. One that
    # was tried has had its turn.
    turn = old.turn if old.charged else max(old.turn, newest)
    task_id = new_id()
    await tx.execute(
        insert(Task).values(
            id=task_id,
            job_id=old.job_id,
            video_id=video.id,
            user_id=video.user_id,
            kind=FIRST_TASK,
            key=FIRST_TASK,
            priority=old.priority,
            turn=turn,
            attempt=old.attempt,
            charged=old.charged,
            state=TaskState.QUEUED,
        )
    )
    await _note_attempts(tx, task_id, old)
    await hint(tx, [task_id])
    await project(tx, video, old.job_id, priority=old.priority, turn=turn)
    return True


async def _note_attempts(tx: AsyncConnection, task_id: uuid.UUID, old: Any) -> None:
    """Note the attempts that were made; of the earlier ones nothing more is known."""
    if not old.attempt:
        return
    rows = [
        {
            "task_id": task_id,
            "attempt": number,
            "worker": old.worker or _UNKNOWN,
            "ended_at": func.now(),
            "outcome": Outcome.LAPSED if old.worker else Outcome.RETRIED,
            "error": old.last_error,
        }
        for number in range(1, old.attempt + 1)
    ]
    await tx.execute(insert(TaskAttempt).values(rows))
