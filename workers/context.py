"""What a task gets and what it returns."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from core.tasks.claim import Work
from core.tasks.planning import Inspection
from core.tasks.settle import NewAsset
from workers.formats.shape import Pipe
from workers.media.limits import Limits
from workers.runtime.report import Report
from workers.sources.choose import WholeFile
from workers.sources.ranges import Source
from workers.tools import Tools

_STILLS = frozenset({".png", ".jpg", ".jpeg", ".webp"})


@dataclass
class Context:
    """One attempt at a task; the next task of the job in the same hands gets it, too.

    Attributes:
        tools: the store, programs and limits.
        work: the task.
        place: a directory. What the task before has left there is there still.
        report: is told how far the job is, and what happened.
        way: how the source can be read; None when nobody has looked yet.
    """

    tools: Tools
    work: Work
    place: Path
    report: Report = field(default_factory=Report)
    way: Pipe | WholeFile | None = None

    @property
    def source(self) -> Source:
        """The source, as it is stored."""
        tools, work = self.tools, self.work
        return Source(
            tools.storage,
            work.source_key,
            work.source_size,
            work.source_etag,
            tools.connections,
            tools.pace,
        )

    @property
    def limits(self) -> Limits:
        """What is taken: of pictures those whose names say that they are some."""
        limits = self.tools.limits
        named = PurePosixPath(self.work.source_key).suffix in _STILLS
        return limits.model_copy(update={"stills": True}) if named else limits


@dataclass(frozen=True)
class Outputs:
    """What a task has made; the arguments of `core.tasks.settle.succeed`."""

    assets: tuple[NewAsset, ...]
    facts: Mapping[str, dict[str, Any]] = field(default_factory=dict)


# Returns what came of the task. It writes no state: what it returns is seen once it is committed.
# It raises PermanentError when the source is at fault, TransientError when trying again may help,
# and Unavailable when the store does not answer.
TaskFunction = Callable[[Context], Awaitable[Inspection | Outputs]]
