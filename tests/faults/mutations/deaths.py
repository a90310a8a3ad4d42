"""Points at which an API or control dies as by kill -9: exactly there, and not by luck."""

import os
import signal
import uuid
from collections.abc import Sequence
from typing import Any, NoReturn

from tests.faults.mutations import mutation, replace

# In the order of an upload's way; each is the name of a mutation.
OF_API = (
    "die_before_s3_completes",
    "die_after_s3_completed",
    "die_before_commit",
    "die_after_commit",
)
OF_CONTROL = ("die_before_send", "die_after_send")
POINTS = (*OF_API, *OF_CONTROL)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process goes on")


@mutation("die_before_s3_completes", "backend")
def die_before_s3_completes() -> None:
    """The parts are there and nobody has put them together."""
    from core.adapters.s3 import Storage

    async def complete_upload(_self: Storage, *_arguments: Any) -> None:
        _die()

    replace(Storage, "complete_upload", complete_upload)


@mutation("die_after_s3_completed", "backend")
def die_after_s3_completed() -> None:
    """The object is there and the database knows nothing of it."""
    from core.adapters.s3 import Storage

    plain = Storage.complete_upload

    async def complete_upload(self: Storage, *arguments: Any) -> None:
        await plain(self, *arguments)
        _die()

    replace(Storage, "complete_upload", complete_upload)


@mutation("die_before_commit", "backend")
def die_before_commit() -> None:
    """Everything is written and nothing committed."""
    from core.jobs import create as creating

    plain = creating.create

    async def create(*arguments: Any, **named: Any) -> Any:
        await plain(*arguments, **named)
        _die()

    replace(creating, "create", create)


@mutation("die_after_commit", "backend")
def die_after_commit() -> None:
    """The video is queued; nothing is sent, and the client has no answer."""
    from core.uploads import upload_lifecycle

    plain = upload_lifecycle.complete

    async def complete(*arguments: Any, **named: Any) -> Any:
        await plain(*arguments, **named)
        _die()

    replace(upload_lifecycle, "complete", complete)


@mutation("die_before_send", "control")
def die_before_send() -> None:
    """The hint is marked as about to be sent; the client may have its answer or not."""
    from core.adapters.sqs import TaskQueue

    async def send(_self: TaskQueue, _task_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
        _die()

    replace(TaskQueue, "send", send)


@mutation("die_after_send", "control")
def die_after_send() -> None:
    """The message is sent and its hint not stamped, so it will be sent again."""
    from core.adapters.sqs import TaskQueue

    plain = TaskQueue.send

    async def send(self: TaskQueue, task_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
        await plain(self, task_ids)
        _die()

    replace(TaskQueue, "send", send)
