"""The use case of a worker, run on an object in the store without a task or a queue."""

import os
import sys
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.adapters.s3 import Storage
from core.tasks.claims import Claim, Outputs
from workers import transcode
from workers.ffmpeg.capabilities import Capabilities
from workers.media.ladder import DEFAULT_RUNGS, Ladder
from workers.media.limits import DEFAULT_LIMITS
from workers.runtime.report import JobLog, Meter
from workers.sandbox.kernel import ask_kernel
from workers.sandbox.libraries import needs_of
from workers.sandbox.policy import address_space
from workers.sandbox.sandbox import Sandbox
from workers.sources.shape import DEFAULT_SHAPE, Shape

# The rung that takes least: what is tried is how the source gets in.
QUICK = Ladder(rungs=(DEFAULT_RUNGS[-1],), preset="ultrafast")


def held(key: str, size: int, etag: str | None = None) -> Claim:
    nobody = uuid.UUID(int=0)
    fields = {"task_id": nobody, "job_id": nobody, "video_id": nobody, "user_id": nobody}
    known = {"source_key": key, "source_size": size, "source_etag": etag}
    rest = {"attempt": 1, "charged": 1, "operation": "transcode", "params": {}, "job_age_s": 0.0}
    return Claim(**fields, **known, **rest)  # type: ignore[arg-type]


async def stored(storage: Storage, body: bytes) -> Claim:
    """Store a source; return a claim of it."""
    key = f"sources/{uuid.uuid4().hex}"
    await storage.put(key, body, "video/mp4")
    info = await storage.head(key)
    assert info is not None
    return held(key, len(body), info.etag)


@dataclass
class Worker:
    """Makes films in `place`.

    Attributes:
        facts: what was told of the last source.
        log: of the last job.
        sandbox: whether FFmpeg is held by whatever the kernel has.
    """

    ffmpeg: str
    ffprobe: str
    capabilities: Capabilities
    place: Path
    facts: dict[str, Any] = field(default_factory=dict)
    log: str = ""
    sandbox: bool = True

    async def make(self, storage: Storage, claim: Claim, shape: Shape = DEFAULT_SHAPE) -> Outputs:
        """Make a film; raises as `transcode` does."""
        kernel = ask_kernel()
        needs = {program: needs_of(program) for program in (self.ffmpeg, self.ffprobe)}
        layers = kernel.layers if self.sandbox and sys.platform == "linux" else None
        used = transcode.Tools(
            storage=storage,
            ffmpeg=self.ffmpeg,
            ffprobe=self.ffprobe,
            capabilities=self.capabilities,
            ladder=QUICK,
            limits=DEFAULT_LIMITS,
            connections=3,
            sandbox=Sandbox(kernel, layers, needs, address_space(os.cpu_count() or 1)),
            shape=shape,
        )
        joblog = JobLog()

        async def describe(facts: dict[str, Any]) -> None:
            self.facts = facts

        try:
            return await transcode.transcode(used, claim, self.place, Meter(), joblog, describe)
        finally:
            self.log = joblog.encode().decode()
