"""Without the right end of an attempt, or of its message."""

from typing import Any

from tests.faults.mutations import mutation, replace


@mutation("keep_messages", "workers")
def keep_messages() -> None:
    """Messages are never deleted."""
    from core.adapters.sqs import TaskQueue

    async def nothing(_self: TaskQueue, _message: Any) -> None:
        return None

    replace(TaskQueue, "delete", nothing)


@mutation("drop_lost", "workers")
def drop_lost() -> None:
    """Who has lost its lease deletes its message all the same."""
    from core.errors import LeaseLost
    from workers.runtime.attempt import Attempt

    plain = Attempt._run

    async def run(self: Attempt) -> Any:
        try:
            return await plain(self)
        except LeaseLost:
            await self._parts.queue.drop(self._message)
            raise

    replace(Attempt, "_run", run)


@mutation("give_back", "workers")
def no_give_back() -> None:
    """A worker that is told to end says nothing to anybody."""
    from workers.runtime.attempt import Attempt

    async def nothing(_self: Attempt) -> None:
        return None

    replace(Attempt, "give_back", nothing)


@mutation("charge_drained", "workers")
def charge_drained() -> None:
    """An attempt that a shutdown cut short counts like one that failed."""
    from core.tasks import claims

    plain = claims.release

    async def release(*arguments: Any, **named: Any) -> Any:
        return await plain(*arguments, **{**named, "charge": True})

    replace(claims, "release", release)


@mutation("hide_message", "workers")
def hide_message() -> None:
    """The message of a task that is given back stays hidden, and no other one is sent."""
    from core.adapters.sqs import TaskQueue

    async def extend(_self: TaskQueue, _message: Any, _seconds: float) -> None:
        return None

    async def send(_self: TaskQueue, _task_ids: Any) -> list[Any]:
        return []

    replace(TaskQueue, "extend", extend)
    replace(TaskQueue, "send", send)
