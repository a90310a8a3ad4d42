"""What a task gets: its source, scratch directory, tools and report."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.tasks.claim import Work
from core.tasks.planning import Inspection
from core.tasks.settle import NewAsset
from workers.runtime.report import JobLog, Meter
from workers.sources.choose import WholeFile
from workers.sources.shape import Pipe
from workers.tools import Tools


@dataclass
class Kept:
    """What tasks of a job that follow each other in the same hands leave each other.

    Attributes:
        source: how the source can be read; None when nobody has looked yet.
    """

    source: Pipe | WholeFile | None = None


@dataclass(frozen=True)
class Context:
    """One attempt at a task.

    Attributes:
        tools: adapters and programs.
        work: the task.
        place: a directory of its own; what the task before it in the same job has left there, in
            the same hands, lies there still.
        meter: is told how far the job is.
        joblog: is told what happened.
        kept: what they leave each other beside files.
    """

    tools: Tools
    work: Work
    place: Path
    meter: Meter
    joblog: JobLog
    kept: Kept


@dataclass(frozen=True)
class Outputs:
    """What a task has made; the arguments of `core.tasks.settle.succeed`."""

    assets: tuple[NewAsset, ...]
    in_parts: bool = False
    facts: Mapping[str, dict[str, Any]] = field(default_factory=dict)


# Returns what came of the task. It writes no state: what it returns is seen once it is committed.
# It raises PermanentError when the source is at fault, TransientError when trying again may help,
# and Unavailable when the store does not answer.
TaskFunction = Callable[[Context], Awaitable[Inspection | Outputs]]


@dataclass(frozen=True)
class Operation:
    """An operation: its name in the API, and a function for each kind of its tasks."""

    name: str
    tasks: Mapping[str, TaskFunction]
