"""Counts how many tasks need a worker: workers are scaled by it."""

from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.model.states import TaskState
from core.model.tables import Task


@dataclass(frozen=True)
class Demand:
    """What there is to do at a moment.

    Attributes:
        waiting: tasks that may be claimed now. One that waits after a failed attempt is not among
            them: a worker more would not help it yet.
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


_HELD = Task.state == TaskState.RUNNING
_CLAIMABLE = and_(Task.state == TaskState.QUEUED, Task.available_at <= func.now())
_AGE = func.extract("epoch", func.now() - func.min(Task.available_at).filter(_CLAIMABLE))
_DEMAND = select(
    func.count().filter(_CLAIMABLE), func.count().filter(_HELD), func.coalesce(_AGE, 0)
).where(Task.state.in_((TaskState.QUEUED, TaskState.RUNNING)))


async def demand(connection: AsyncConnection) -> Demand:
    """Return what there is to do now."""
    waiting, held, oldest_s = (await connection.execute(_DEMAND)).one()
    return Demand(int(waiting), int(held), float(oldest_s))
