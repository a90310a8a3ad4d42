"""I12: a full disk is not the user's fault."""

import random
import uuid
from collections.abc import Awaitable, Callable

from embedded.ffmpeg import find_tools
from tests.faults.misbehaviour import Slow
from tests.faults.processes import Process
from tests.faults.proxy import Proxy
from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.small_disk import SmallDisk, small_disk
from tests.faults.standin_ffmpeg import StandIn
from tests.faults.world import World

_OURS = {"resource_limit", "storage_error"}
_BACK_S = 15.0  # until an attempt is given back


class _Try:
    """One film on a disk that fills."""

    def __init__(
        self, world: World, disk: SmallDisk, proxy: Proxy, stand_in: StandIn, worker: Process
    ) -> None:
        self.world, self.disk, self.proxy = world, disk, proxy
        self.stand_in, self.worker = stand_in, worker

    async def from_the_start(self) -> uuid.UUID:
        """There is no room when the attempt begins."""
        self.disk.fill()
        return await self.world.upload(self.world.clips.slow)

    async def while_fetching(self) -> uuid.UUID:
        """Others take the room while the source comes."""
        size = self.world.clips.slow.stat().st_size
        self.proxy.set(Slow(rate=size), operations={"GetObject"})  # so it takes a second
        video_id = await self.world.upload(self.world.clips.slow)
        await self.world.until(self.disk.left_behind, what="the source is being fetched")
        self.disk.fill()
        return video_id

    async def while_encoding(self) -> uuid.UUID:
        """Others take the room while FFmpeg writes."""
        video_id = await self.world.upload(self.world.clips.slow)
        await self.world.until_encoding(video_id)
        self.disk.fill()
        return video_id

    async def with_misleading_words(self) -> uuid.UUID:
        """FFmpeg says that the disk is full, and then that the input makes no sense."""
        self.stand_in.all("full")
        return await self.world.upload(self.world.clips.quick)

    @property
    def kinds(self) -> list[Callable[[], Awaitable[uuid.UUID]]]:
        return [
            self.with_misleading_words,
            self.while_fetching,
            self.while_encoding,
            self.from_the_start,
        ]

    async def play(self, number: int) -> list[str]:
        """Have the disk fill, see the attempt given back, make room, and look at the end."""
        before = len(self.worker.events("released"))
        kind = self.kinds[number % len(self.kinds)]
        video_id = await kind()
        back = await self.world.holds(
            lambda: len(self.worker.events("released")) > before or self._failed(), _BACK_S
        )
        faults = [] if back else [f"{kind.__name__}: the attempt was not given back"]
        if not await self.world.holds(lambda: not self.disk.left_behind(), 5):
            faults.append(f"{kind.__name__}: {self.disk.left_behind()} was left behind")
        self.disk.empty()
        self.stand_in.all(None)
        self.proxy.clear()
        await self.world.ends(video_id, seconds=30)
        failure = (await self.world.video(video_id)).failure
        if failure is not None and failure["code"] not in _OURS:
            faults.append(f"{kind.__name__}: the input was blamed: {failure}")
        return faults + await self.world.faults(video_id)

    def _failed(self) -> bool:
        return bool(self.worker.events("failed"))


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Fill the worker's disk at one moment after the other."""
    tally = Tally()
    stand_in = StandIn(world.directory, str(find_tools().ffmpeg))
    with (
        small_disk(world.directory / "small", 16 * 1024**2) as disk,
        Proxy(world.stack.environment["AWS_ENDPOINT_URL"]) as proxy,
    ):
        await world.start_api()
        worker = await world.start_worker(
            "paced",
            SCRATCH_DIR=str(disk.path / "scratch"),
            AWS_ENDPOINT_URL_S3=proxy.url,
            FFMPEG_PATH=str(stand_in.path),
            SANDBOX="off",
            MIN_FREE_DISK_BYTES="0",  # else nothing would be begun, and nothing could fail
        )
        one = _Try(world, disk, proxy, stand_in, worker)
        while tally.tried < tries:
            tally.add(await one.play(tally.tried))
            assert worker.alive, "the worker has ended"
        worker.kill()  # before its disk goes
    return tally.outcome()


SCENARIO = Scenario(
    "I12",
    "a full disk is not the user's fault",
    full_count=20,
    small_count=4,
    least_count=2,
    run=run,
    protections=(
        Protection(
            "diagnose_ours",
            "the machine's own troubles are not looked for in FFmpeg's words",
            ("diagnose_ours",),
            1,
        ),
        Protection(
            "scratch_cleanup", "nobody removes what an attempt has written", ("scratch_cleanup",), 1
        ),
    ),
)
