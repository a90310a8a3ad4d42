"""Decides which task is next: an order that is fair between users.

A hint only says that there is work. Which task a worker gets is decided here, when it claims.
Each task gets a turn when it is queued: one more than the last turn of its user, but at least the
turn that is claimed now. The lowest turn is claimed first, and the oldest of equal turns. So a user
with one video waits for one video of each other user, however many they have queued.

This is start-time fair queueing with every task of the same weight. Source: P. Goyal, H. Vin and
H. Cheng, "Start-time Fair Queueing", IEEE/ACM Transactions on Networking 5(5), 1997.
"""

import uuid
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from core import setbacks
from core.model.states import TaskState
from core.model.tables import Job, Task, User

_QUEUED = Task.state == TaskState.QUEUED
_DUE = and_(_QUEUED, Task.available_at <= func.now())
NOT_SET_BACK = and_(
    setbacks.clear_of(setbacks.Kind.CLAIM, Task.id),
    setbacks.clear_of(setbacks.Kind.LAPSE, Task.id),
)


@dataclass(frozen=True)
class Skills:
    """What a worker may claim.

    Attributes:
        kinds: an operation and a kind of its tasks, each that it knows.
        pool: the tasks of this pool alone.
        max_attempts: a task that was tried this often is left to the sweep, which ends it.
    """

    kinds: frozenset[tuple[str, str]]
    pool: str
    max_attempts: int


async def assign(tx: AsyncConnection, user_id: uuid.UUID) -> tuple[int, int]:
    """Return priority and turn for a job that the user queues now; its tasks inherit both.

    The user's row stays locked until the transaction ends: of many that are queued at once, each
    is to get a turn of its own.
    """
    priority = (
        await tx.execute(
            select(User.priority).where(User.id == user_id).with_for_update(key_share=True)
        )
    ).scalar_one()
    same = Task.priority == priority
    # One that nothing can be done to stands still: so must not the turn that newcomers get.
    reached = select(func.min(Task.turn)).where(_DUE, same, NOT_SET_BACK).scalar_subquery()
    after_own = (
        select(func.max(Task.turn) + 1)
        .where(_QUEUED, same, Task.user_id == user_id)
        .scalar_subquery()
    )
    # GREATEST leaves NULLs out: with nothing queued it is 0.
    turn = await tx.scalar(select(func.greatest(reached, after_own, 0)))
    return int(priority), int(turn or 0)


def next_one(skills: Skills) -> Select[uuid.UUID]:
    """Return the statement for the next task, locked or not."""
    return (
        select(Task.id)
        .where(claimable(skills))
        .order_by(Task.priority.desc(), Task.turn, Task.id)
        .limit(1)
    )


def claimable(skills: Skills) -> ColumnElement[bool]:
    """Return the condition that a worker may claim a task now."""
    operation = select(Job.operation).where(Job.id == Task.job_id).scalar_subquery()
    return and_(
        waiting(skills.max_attempts),
        Task.pool == skills.pool,
        tuple_(operation, Task.kind).in_(sorted(skills.kinds)),
    )


def waiting(max_attempts: int) -> ColumnElement[bool]:
    """Return the condition that some worker may claim a task now, whatever it must be able to."""
    # One whose row could not be written is passed over for a while, or nobody would get another.
    clear = setbacks.clear_of(setbacks.Kind.CLAIM, Task.id)
    return and_(_DUE, Task.charged < max_attempts, clear)
