"""Maps each operation, by its name in the API, and kind of task to its function."""

from workers.context import TaskFunction
from workers.operations import transcode

TASKS: dict[tuple[str, str], TaskFunction] = {
    ("transcode", "inspect"): transcode.inspect,
    ("transcode", "encode"): transcode.encode,
}
