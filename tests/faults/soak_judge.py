"""What must be true once a soak is over and everything has had its time."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.faults.soak_uploads import Uploads
from tests.faults.world import World

_AT_REST = "('ready', 'failed', 'cancelled', 'deleted')"
_LONGEST_S = 900.0  # whatever the backoff says
_PER_VIDEO_S = 1.0


@dataclass
class Judge:
    """Looks at everything that is left.

    Attributes:
        world: where.
        uploads: what users did, and want to have come of it.
        grace_s: until objects are removed that nobody may see.
    """

    world: World
    uploads: Uploads
    grace_s: float

    async def ended(self) -> float | None:
        """Wait until all that was acknowledged has ended; the seconds it took, None if it did not.

        The bound begins when the last task that waits on purpose, after errors, may be tried again.
        """
        began = time.monotonic()
        timing = self.world.timing
        bound_s = timing.restart_s + timing.resend_s + _PER_VIDEO_S * len(self.uploads.wills)
        last = began + bound_s
        while time.monotonic() < min(last, began + _LONGEST_S):
            if await self.world.ends(*self.uploads.wills, seconds=0.5):
                return time.monotonic() - began
            rows = await self.world.rows(
                "SELECT extract(epoch FROM max(available_at) - now())::float8 AS wait"
                " FROM job_tasks WHERE state = 'queued'"
            )
            if (rows[0].wait or 0) > 0:
                last = max(last, time.monotonic() + rows[0].wait + bound_s)
        return None

    async def of_the_acknowledged(self) -> list[list[str]]:
        """Return what is wrong with each acknowledged video."""
        found = []
        for video_id, will in self.uploads.wills.items():
            found.append([*await self.world.faults(video_id, will), *await self._unread(video_id)])
        return found

    async def of_the_abandoned(self) -> list[list[str]]:
        """Return what is wrong with each abandoned upload: it is to be over, and its video gone."""

        async def reclaimed() -> bool:
            return not any(await self._kept())

        await self.world.holds(reclaimed, self._bound_s)
        return await self._kept()

    async def _kept(self) -> list[list[str]]:
        rows = await self.world.rows(
            "SELECT u.id, u.state AS upload, v.state AS video FROM uploads u"
            " JOIN videos v ON v.id = u.video_id WHERE u.id = ANY(:ids)",
            ids=self.uploads.abandoned,
        )
        return [
            []
            if (row.upload, row.video) == ("expired", "deleted")
            else [f"upload {row.id} was abandoned and is {row.upload}, its video {row.video}"]
            for row in rows
        ]

    async def of_all(self) -> list[str]:
        """Return what is wrong with the whole: what is left over, and what nobody asked for."""
        found = await self._sets()
        questions: dict[str, Callable[[], Awaitable[object]]] = {
            "uploads are open": self._open_uploads,
            "objects wait for their removal": self._purges,
            "messages are in the queue": self._messages,
            "messages are in the dead-letter queue": self._dead_letters,
            "files are in the scratch directory": self._scratch,
            "processes work in the scratch directory": self._orphans,
            "objects of deleted videos are in the store": self._strays,
        }
        for what, left in questions.items():

            async def none(left: Callable[[], Awaitable[object]] = left) -> bool:
                return not await left()

            if not await self.world.holds(none, self._bound_s):
                found.append(f"{what}: {await left()}")
        return found

    @property
    def _bound_s(self) -> float:
        return self.grace_s + self.world.timing.settle_s + self.world.timing.resend_s

    async def _sets(self) -> list[str]:
        """The acknowledged videos are those that have ended, no fewer and no more.

        Except where a user gave an upload up whose bytes had all arrived, unheard: the sweep
        completes it, because nothing that is there need be lost.
        """
        rows = await self.world.rows(
            "SELECT v.id FROM videos v JOIN uploads u ON u.video_id = v.id"
            f" WHERE u.state = 'completed' AND v.state IN {_AT_REST}"
        )
        ended, acknowledged = {row.id for row in rows}, set(self.world.acknowledged)
        found = []
        if lost := acknowledged - ended:
            found.append(f"acknowledged and not ended: {sorted(map(str, lost))}")
        if strange := ended - acknowledged - self.uploads.given_up:
            found.append(f"ended and never acknowledged: {sorted(map(str, strange))}")
        return found

    async def _unread(self, video_id: object) -> list[str]:
        """Read each rendition of a video to its end."""
        found = []
        rows = await self.world.rows(
            "SELECT a.s3_key, a.size FROM assets a JOIN videos v ON v.id = a.video_id"
            " WHERE v.id = :id AND v.state = 'ready' AND a.kind = 'file'",
            id=video_id,
        )
        for row in rows:
            answer = await self.world.s3.get_object(Bucket=self.world.bucket, Key=row.s3_key)
            async with answer["Body"] as body:
                read = len(await body.read())
            if read != row.size:
                found.append(f"{row.s3_key}: {read} bytes could be read of {row.size}")
        return found

    async def _open_uploads(self) -> object:
        return [row.id for row in await self.world.rows(
            "SELECT id FROM uploads WHERE state = 'open'"
        )]  # fmt: skip

    async def _purges(self) -> object:
        return [row.prefix for row in await self.world.rows("SELECT prefix FROM purges")]

    async def _messages(self) -> object:
        messages = await self.world.messages()
        return messages if any(messages) else None

    async def _dead_letters(self) -> object:
        name = "ApproximateNumberOfMessages"
        answer = await self.world.sqs.get_queue_attributes(
            QueueUrl=self.world.dead_queue_url, AttributeNames=[name]
        )
        return int(answer["Attributes"][name])

    async def _scratch(self) -> object:
        found = self.world.scratch.glob("worker-*/*")
        return [str(path) for path in found if path.name != "lock"]

    async def _orphans(self) -> object:
        return self.world.left_behind_by()

    async def _strays(self) -> object:
        rows = await self.world.rows("SELECT id FROM videos WHERE state = 'deleted'")
        return [key for row in rows for key in await self.world.objects(f"videos/{row.id}/")]
