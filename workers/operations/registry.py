"""Maps each operation, by its name in the API, and kind of task to its function."""

from workers.context import TaskFunction
from workers.operations.poster import poster
from workers.operations.transcode import tasks as transcode

TASKS: dict[tuple[str, str], TaskFunction] = {
    ("transcode", "inspect"): transcode.inspect,
    ("transcode", "encode"): transcode.encode,
    ("poster", "inspect"): poster,
}
