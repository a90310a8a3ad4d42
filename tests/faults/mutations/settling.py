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


@mutation("keep_abandoned", "workers")
def keep_abandoned() -> None:
    """Who has lost its lease leaves behind what it has stored."""
    from workers.runtime.attempt import Attempt

    async def nothing(_self: Attempt) -> None:
        return None

    replace(Attempt, "_abandon", nothing)


@mutation("remove_published", "workers")
def remove_published() -> None:
    """Who has lost its lease has removed what it has stored, even if that was published."""
    from core.tasks import settle
    from core.videos import purges

    async def abandon(tx: Any, claim: Any) -> None:
        await purges.schedule_removal(tx, claim.prefix)

    replace(settle, "abandon", abandon)


@mutation("give_back", "workers")
def no_give_back() -> None:
    """A worker that is told to end says nothing to anybody."""
    from workers.runtime import attempt

    async def nothing(*_arguments: Any) -> None:
        return None

    replace(attempt, "give_back_now", nothing)


@mutation("charge_drained", "workers")
def charge_drained() -> None:
    """An attempt that a shutdown cut short counts like one that failed."""
    from core.tasks import settle

    plain = settle.give_back

    async def give_back(*arguments: Any, **named: Any) -> Any:
        return await plain(*arguments, **{**named, "charge": True})

    replace(settle, "give_back", give_back)


@mutation("no_hint", "workers")
def no_hint() -> None:
    """Who gives a task back tells nobody, at once or by the outbox."""
    from core.adapters.sqs import TaskQueue
    from core.outbox import write

    async def hint(*_arguments: Any) -> None:
        return None

    async def send(_self: TaskQueue, _task_ids: Any) -> list[Any]:
        return []

    replace(write, "hint", hint)
    replace(TaskQueue, "send", send)
