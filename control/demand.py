"""How many tasks want a worker: what fleets are scaled by."""

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.model.states import TaskState
from core.model.tables import Task


async def tasks_wanted(connection: AsyncConnection) -> int:
    """Return the number of tasks that are held, or may be claimed now.

    One that waits after a failed attempt is not among them: a worker more would not help it yet.
    """
    return int(await connection.scalar(select(func.count()).where(_wanted())) or 0)


def _wanted() -> ColumnElement[bool]:
    claimable = and_(Task.state == TaskState.QUEUED, Task.available_at <= func.now())
    return or_(Task.state == TaskState.RUNNING, claimable)
