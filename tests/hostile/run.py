"""One run: every hostile file through the real worker, and what came of each."""

import asyncio
import contextlib
import os
import re
import signal
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from core.adapters.postgres import Database
from core.model.states import AssetKind
from core.model.tables import Asset, Job, Task, Video
from tests.hostile.maker import Maker
from tests.hostile.table import MARK, READY, Hostile
from tests.support import warm
from tests.support.people import Person
from tests.support.uploading import uploaded
from tests.support.waiting import patience, wait_until

# For one file and the good one behind it; FFmpeg itself is stopped sooner.
_LONGEST_S = 240.0
SECRETS = (MARK, b"51.5007", b"<script>")


@dataclass(frozen=True)
class Ended:
    """What came of one file.

    Attributes:
        outcome: `ready` or the failure's code.
        attempts: how often what was tried most was tried.
        seconds: from the first attempt's beginning to the end.
        shortest: seconds of the shortest rendition, 0 when there is none.
        log: the log of its job.
        objects: everything stored for it beside the source, by key.
    """

    outcome: str
    attempts: int
    seconds: float
    shortest: float
    log: str
    objects: dict[str, bytes]


@dataclass
class Run:
    """Sends files in and looks at what comes out."""

    person: Person
    db: Database
    s3: Any
    bucket: str

    async def send(self, files: Sequence[Hostile], maker: Maker) -> list[tuple[str, str]]:
        """Upload each file and a good film behind it; return the ids of both."""
        good = maker.tiny()
        sent = []
        for each in files:
            bad = await uploaded(self.person, each.make(maker), filename=each.file_name)
            after = await uploaded(self.person, good, filename="good.mp4")
            sent.append((str(bad["id"]), str(after["id"])))
        return sent

    async def ended(self, video_id: str) -> Ended:
        """Wait for a video's end and collect everything of it."""
        found: list[Any] = []

        async def over() -> bool:
            async with self.db.autocommit() as connection:
                query = select(Video.state, Video.failure).where(Video.id == uuid.UUID(video_id))
                found[:] = [(await connection.execute(query)).one()]
            return found[0].state in (READY, "failed")

        await wait_until(over, _LONGEST_S)
        state, failure = found[0]
        async with self.db.autocommit() as connection:
            tries = select(Task.attempt).where(Task.video_id == uuid.UUID(video_id))
            attempts = (await connection.execute(tries)).scalars().all()
            times = select(Job.started_at, Job.finished_at).where(
                Job.video_id == uuid.UUID(video_id)
            )
            began, finished = (await connection.execute(times)).one()
            assert began is not None
            assert finished is not None
            made = select(Asset.duration).where(
                Asset.video_id == uuid.UUID(video_id), Asset.kind == AssetKind.FILE
            )
            lengths = (await connection.execute(made)).scalars().all()
        objects = await self._objects(f"videos/{video_id}/")
        log = b"".join([data for key, data in objects.items() if key.endswith(".txt")])
        return Ended(
            outcome=READY if state == READY else str(failure["code"]),
            attempts=max(attempts),
            seconds=(finished - began).total_seconds(),
            shortest=min((length or 0.0 for length in lengths), default=0.0),
            log=log.decode(),
            objects=objects,
        )

    async def _objects(self, prefix: str) -> dict[str, bytes]:
        listed = await self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        found = {}
        for item in listed.get("Contents", []):
            if "/source" in item["Key"]:
                continue
            # What a failed attempt has left is removed about now.
            with contextlib.suppress(self.s3.exceptions.NoSuchKey):
                answer = await self.s3.get_object(Bucket=self.bucket, Key=item["Key"])
                found[item["Key"]] = await answer["Body"].read()
        return found


def wrong(each: Hostile, ended: Ended, words: Sequence[bytes]) -> list[str]:
    """Say what is wrong with an outcome; `words` are in no output, nor is the file's own data."""
    found = []
    if ended.outcome not in each.outcome:
        found.append(f"it ended as {ended.outcome}, not {' or '.join(each.outcome)}")
    if ended.outcome != READY and not re.search(each.because, _plain(ended.log), re.MULTILINE):
        found.append(f"its log does not say {each.because}")
    if ended.outcome == READY and ended.shortest < each.whole:
        found.append(f"only {ended.shortest} of {each.whole} s came out")
    if ended.attempts != 1:
        found.append(f"it was tried {ended.attempts} times")
    for key, data in ended.objects.items():
        found += [f"{key.split('/')[-1]} holds {word!r}" for word in words if word in data]
    return found if not found else [*found, ended.log[-600:]]


def _plain(log: str) -> str:
    """A job's log without the times at the lines' beginnings."""
    return re.sub(r"^ *\d+\.\d{3}  ", "", log, flags=re.MULTILINE)


async def stop(worker: warm.Running) -> tuple[int, int]:
    """End a worker; return its status and the most memory that it or a child took, in bytes."""
    os.kill(worker.pid, signal.SIGTERM)
    # Only wait4 tells of the children that the worker itself has waited for.
    ending = asyncio.to_thread(os.wait4, worker.pid, 0)
    _, status, usage = await asyncio.wait_for(ending, patience())
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024


def left_behind(scratch: Path) -> list[str]:
    """What lies in a scratch directory beside the worker's own lock."""
    return [
        str(path.relative_to(scratch))
        for path in scratch.rglob("*")
        if path.is_file() and path.name not in ("lock", "neighbour.ts")
    ]
