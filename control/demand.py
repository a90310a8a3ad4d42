"""Counts how many tasks need a worker: workers are scaled by it."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.model.states import TaskState
from core.model.tables import Task
from core.tasks.fair_order import waiting


@dataclass(frozen=True)
class Demand:
    """What there is to do at a moment.

    Attributes:
        waiting: tasks that may be claimed now. One that waits after a failed attempt, or is set
            back, is not among them: a worker more would not help it yet.
        held: tasks that a worker has.
        oldest_s: for how long the first of those that wait has been claimable; 0 for none.
    """

    waiting: int
    held: int
    oldest_s: float

    @property
    def wanted(self) -> int:
        """How many tasks could be worked on at once."""
        return self.waiting + self.held


async def demand(connection: AsyncConnection, max_attempts: int) -> Demand:
    """Return what there is to do now; a task that was tried `max_attempts` times is not waiting."""
    is_waiting, is_held = waiting(max_attempts), Task.state == TaskState.RUNNING
    age = func.extract("epoch", func.now() - func.min(Task.available_at).filter(is_waiting))
    counted = select(
        func.count().filter(is_waiting), func.count().filter(is_held), func.coalesce(age, 0)
    ).where(Task.state.in_((TaskState.QUEUED, TaskState.RUNNING)))
    count, held, oldest_s = (await connection.execute(counted)).one()
    return Demand(int(count), int(held), float(oldest_s))
