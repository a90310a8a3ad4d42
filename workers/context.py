"""What a task gets and what it returns."""

import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from core.tasks.claim import Work
from core.tasks.planning import Inspection
from core.tasks.settle import NewAsset
from core.videos.texts import FoundText
from workers.formats.shape import Pipe
from workers.media.limits import Limits
from workers.outputs.listing import Listing
from workers.runtime.report import Report
from workers.sources.choose import WholeFile
from workers.sources.ranges import Source
from workers.tools import Tools

_STILLS = frozenset({".png", ".jpg", ".jpeg", ".webp"})


class Packaging(Protocol):
    """The copying of a source into segments beside its encode.

    Attributes:
        refused: whether it was taken back.
    """

    refused: bool

    async def drop(self, why: str) -> None:
        """Take it back, if nobody has; nothing is to be made in its place."""


@dataclass
class Context:
    """One attempt at a task; the next task of the job in the same hands gets it, too.

    Attributes:
        tools: the store, programs and limits.
        work: the task.
        place: a directory. What the task before has left there is there still.
        report: is told how far the job is, and what happened.
        reach: bytes of the source that must be read to find all its tracks; 0 if not many.
        way: how the source can be read; None when nobody has looked yet.
        listing: where segments for streaming are listed; None when none are made.
        tries: numbers the streams that are begun: no two write the same objects.
        packaging: what streams the source as it is meanwhile; None when nothing does.
    """

    tools: Tools
    work: Work
    place: Path
    report: Report = field(default_factory=Report)
    way: Pipe | WholeFile | None = None
    reach: int = 0
    listing: Listing | None = None
    tries: Iterator[int] = field(default_factory=itertools.count)
    packaging: Packaging | None = None

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
        stills, reach = limits.stills or named, max(limits.reach, self.reach)
        return limits.model_copy(update={"stills": stills, "reach": reach})


@dataclass(frozen=True)
class Outputs:
    """What a task has made; the arguments of `core.tasks.settle.succeed`."""

    assets: tuple[NewAsset, ...]
    facts: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    texts: tuple[FoundText, ...] = ()


# Returns what came of the task. It writes no state: what it returns is seen once it is committed.
# It raises PermanentError when the source is at fault, TransientError when trying again may help,
# and Unavailable when the store does not answer.
TaskFunction = Callable[[Context], Awaitable[Inspection | Outputs]]
