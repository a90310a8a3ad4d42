"""The operation of a worker, run on an object in the store without a database or a queue."""

import os
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from core.adapters.s3 import Storage
from core.model.states import AssetKind, Effect
from core.tasks.claim import Work
from core.tasks.planning import Inspection
from core.tasks.settle import NewAsset
from core.videos.texts import FoundText
from tests.support.streaming import Kept
from workers.context import Context
from workers.ffmpeg.capabilities import Capabilities
from workers.formats.shape import DEFAULT_SHAPE, Shape
from workers.media.ladder import MISSION_LADDER, Ladder
from workers.media.limits import DEFAULT_LIMITS, Limits
from workers.operations.transcode import tasks as transcode
from workers.sandbox.kernel import ask_kernel
from workers.sandbox.libraries import needs_of
from workers.sandbox.policy import Sandbox, address_space
from workers.tools import Tools

# The rung that takes least: what is tried is how the source gets in.
QUICK = Ladder(rungs=(MISSION_LADDER.rungs[-1],), preset="ultrafast")


def held(key: str, size: int, etag: str | None = None) -> Work:
    """Return the first task of a job, on a source that is stored."""
    nobody = uuid.UUID(int=0)
    return Work(
        task_id=nobody,
        job_id=nobody,
        video_id=uuid.uuid4(),
        user_id=nobody,
        kind="inspect",
        key="inspect",
        attempt=1,
        charged=1,
        job_age_s=0.0,
        operation="transcode",
        params={},
        plan=None,
        spec={},
        is_needed=False,
        effect=Effect.REPLACE,
        priority=0,
        turn=0,
        source_key=key,
        source_size=size,
        source_etag=etag,
    )


async def stored(storage: Storage, body: bytes, extension: str = "") -> Work:
    """Store a source; return the work that there is on it."""
    key = f"sources/{uuid.uuid4().hex}{extension}"
    await storage.put(key, body, "video/mp4")
    info = await storage.head(key)
    assert info is not None
    return held(key, len(body), info.etag)


@dataclass
class Worker:
    """Makes films in `place`.

    Attributes:
        facts: what was told of the last source.
        notes: what was told of its result, by code.
        texts: what was found beside the picture.
        plan: of the last job.
        log: of the last job.
        sandbox: whether FFmpeg is held by whatever the kernel has.
        ladder: what is made.
        limits: of what is taken.
        listing: where segments are listed; None when none are made.
        pictures: the poster and the sheets that were made last.
    """

    ffmpeg: str
    ffprobe: str
    capabilities: Capabilities
    place: Path
    facts: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, list[str]] = field(default_factory=dict)
    texts: Sequence[FoundText] = ()
    plan: dict[str, Any] | None = None
    log: str = ""
    sandbox: bool = True
    ladder: Ladder = QUICK
    limits: Limits = DEFAULT_LIMITS
    listing: Kept | None = None
    pictures: Sequence[NewAsset] = ()

    async def make(
        self, storage: Storage, work: Work, shape: Shape = DEFAULT_SHAPE, **instead: Any
    ) -> Sequence[NewAsset]:
        """Make a film and return its files; raises as the operation does.

        `instead` is what the plan says in the place of the truth.
        """
        tools = await self.tools(storage, shape)
        context = Context(tools, work, self.place, listing=self.listing)
        try:
            # Each task in its turn, as the hands that have planned a job go on with it.
            planned = await transcode.inspect(context)
            (task,) = planned.tasks
            following = replace(
                work, kind=task.kind, key=task.key, spec=task.spec, plan=planned.plan | instead
            )
            made = await transcode.encode(replace(context, work=following))
        finally:
            self.log = context.report.log().decode()
        self.plan = made.facts.get("plan", following.plan)
        self.facts = made.facts.get("source_media", planned.source_media)
        self.notes, self.texts = {}, made.texts
        for note in (*made.facts["notes"]["done"], *made.facts["notes"]["warnings"]):
            self.notes.setdefault(note["code"], []).append(note["message"])
        self.pictures = [asset for asset in made.assets if asset.kind is not AssetKind.FILE]
        return [asset for asset in made.assets if asset.kind is AssetKind.FILE]

    async def inspect(self, storage: Storage, work: Work) -> Inspection:
        """Only plan a film; raises as the operation does."""
        context = Context(await self.tools(storage), work, self.place)
        try:
            return await transcode.inspect(context)
        finally:
            self.log = context.report.log().decode()

    async def tools(self, storage: Storage, shape: Shape = DEFAULT_SHAPE) -> Tools:
        """Return what an operation needs."""
        kernel = ask_kernel()
        layers = kernel.layers if self.sandbox and sys.platform == "linux" else None
        programs = (self.ffmpeg, self.ffprobe) if layers is not None else ()
        needs = {program: await needs_of(program) for program in programs}
        return Tools(
            storage=storage,
            ffmpeg=self.ffmpeg,
            ffprobe=self.ffprobe,
            capabilities=self.capabilities,
            ladder=self.ladder,
            limits=self.limits,
            connections=3,
            sandbox=Sandbox(kernel, layers, needs, address_space(os.cpu_count() or 1)),
            shape=shape,
        )
