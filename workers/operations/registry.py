"""Every operation by its name. One more is one more file, and one more line here."""

from core.errors import Failure, PermanentError
from workers.operations import transcode
from workers.operations.context import Operation, TaskFunction

OPERATIONS: dict[str, Operation] = {
    operation.name: operation for operation in (transcode.OPERATION,)
}


def task_of(operation: str, kind: str) -> TaskFunction:
    """Return what does a kind of task of an operation.

    Raises:
        PermanentError: this release does not know it.
    """
    found = OPERATIONS.get(operation)
    if found is None or kind not in found.tasks:
        raise PermanentError(
            Failure(
                "processing_gave_up",
                "This worker does not know what is asked of the video. Contact the operator.",
                retryable=True,
            )
        )
    return found.tasks[kind]
