"""Every operation by its name. One more is one more file, and one more line here."""

from core.errors import TransientError
from workers.operations import transcode
from workers.operations.context import Operation, TaskFunction

OPERATIONS: dict[str, Operation] = {
    operation.name: operation for operation in (transcode.OPERATION,)
}


def task_of(operation: str, kind: str) -> TaskFunction:
    """Return what does a kind of task of an operation.

    Raises:
        TransientError: this release does not know it. It is not charged: a worker of a newer
            release, which is being rolled out, does.
    """
    found = OPERATIONS.get(operation)
    if found is None or kind not in found.tasks:
        raise TransientError(f"this worker knows no {kind} of {operation}", charge=False)
    return found.tasks[kind]
