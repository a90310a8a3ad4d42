"""Maps each operation and kind of task to its function."""

from workers.operations import transcode
from workers.operations.context import TaskFunction

TASKS: dict[tuple[str, str], TaskFunction] = {
    (operation.name, kind): function
    for operation in (transcode.OPERATION,)
    for kind, function in operation.tasks.items()
}
