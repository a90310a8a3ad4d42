"""I8: a restart of Postgres is harmless."""

import asyncio
import json
import random
import signal
import uuid
from collections.abc import Awaitable, Callable
from functools import partial

import httpx
from sqlalchemy import text

from embedded.errors import ComponentDied
from tests.faults.processes import Process
from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World
from tests.support.components import restart, send_signal

_RECEIVES = 3  # of a message, before it is a dead letter; production allows 20
_LONG = 2.5  # of a lease
_STARTS = 5  # a server that was killed may find its last children still there


class _Try:
    """One restart, at one moment."""

    def __init__(
        self, world: World, worker: Process, dead_letters: str, rng: random.Random
    ) -> None:
        self.world, self.worker, self.dead_letters, self.rng = world, worker, dead_letters, rng

    async def while_publishing(self) -> list[str]:
        """A result comes while the server is away; it is not thrown away."""
        video_id = await self.world.upload(self.world.clips.quick)
        await self.world.until(lambda: self._described(video_id), what="FFmpeg works")
        self.stop()
        faults = await self.answers_of_the_api()
        stored = await self.world.holds(lambda: self._stored(video_id), 10)
        await self.start()
        faults += await self.end_of(video_id)
        task = await self.world.task(video_id)
        if stored and task.attempt != 1:
            faults.append(f"{video_id}: {task.attempt} attempts for work that was done in one")
        return faults

    async def crash_at_any_moment(self) -> list[str]:
        """The server is killed, whatever is being done."""
        videos = [await self.world.upload(self.world.clips.quick) for _ in range(2)]
        await asyncio.sleep(self.rng.uniform(0, 1.0))
        send_signal(self.world.stack.supervisor, "postgres", signal.SIGKILL)
        faults = await self.answers_of_the_api()
        await self.start()
        return faults + await self.end_of(*videos)

    async def long_absence(self) -> list[str]:
        """The server is away for longer than a lease; messages do not die of it."""
        # It would have settled the message before the server is gone.
        self.worker.signal(signal.SIGSTOP)
        video_id = await self.world.upload(self.world.clips.quick)
        await self.world.until(partial(self.world.hinted, video_id), what="the message is there")
        self.stop()
        self.worker.signal(signal.SIGCONT)
        faults = await self.answers_of_the_api()
        await asyncio.sleep(_LONG * self.world.timing.lease_s)
        await self.start()
        faults += await self.end_of(video_id)
        name = "ApproximateNumberOfMessages"
        answer = await self.world.sqs.get_queue_attributes(
            QueueUrl=self.dead_letters, AttributeNames=[name]
        )
        if answer["Attributes"][name] != "0":
            faults.append(f"{answer['Attributes'][name]} messages became dead letters")
            await self.world.sqs.purge_queue(QueueUrl=self.dead_letters)
        return faults

    @property
    def kinds(self) -> list[Callable[[], Awaitable[list[str]]]]:
        return [self.while_publishing, self.long_absence, self.crash_at_any_moment]

    def stop(self) -> None:
        """In good order: sessions are ended, nothing is lost."""
        self.world.stack.supervisor.stop(["postgres"])

    async def start(self) -> None:
        for _ in range(_STARTS):
            try:
                restart(self.world.stack.supervisor, "postgres")
            except ComponentDied:
                await asyncio.sleep(0.5)
            else:
                return
        raise AssertionError("Postgres does not start again")

    async def answers_of_the_api(self) -> list[str]:
        """What is wrong with what the API says while the database is away."""
        # The children of a server that was killed answer for a moment yet.
        await self.world.holds(self._refused, self.world.timing.margin_s)
        wrong = []
        for path, word in (("/v1/videos", "database"), ("/readyz", "postgres")):
            answer = await self.world.http.get(self.world.url(path))
            after = answer.headers.get("retry-after", "")
            if answer.status_code != 503 or not after.isdecimal() or word not in answer.text:
                told = f"{answer.status_code} {answer.text[:200]}"
                wrong.append(f"{path} while Postgres is away: {told}")
        return wrong

    async def _refused(self) -> bool:
        # What the parts said before is good for a moment yet, where they are asked for it.
        answers = [
            await self.world.http.get(self.world.url(path)) for path in ("/v1/videos", "/readyz")
        ]
        return all(answer.status_code != 200 for answer in answers)

    async def end_of(self, *videos: uuid.UUID) -> list[str]:
        """What is wrong once everything has been there again for a while."""
        served = await self.world.holds(self._served, self.world.timing.margin_s)
        faults = [] if served else ["the API did not recover"]
        await self.world.ends(*videos)
        for video_id in videos:
            faults += await self.world.faults(video_id)
        return faults

    async def _served(self) -> bool:
        try:
            answers = [
                await self.world.http.get(self.world.url(path))
                for path in ("/readyz", "/v1/videos")
            ]
        except httpx.HTTPError:
            return False
        return all(answer.status_code == 200 for answer in answers)

    async def _described(self, video_id: uuid.UUID) -> bool:
        return (await self.world.video(video_id)).source_media is not None

    async def _stored(self, video_id: uuid.UUID) -> bool:
        """Whether all that is made of the film is in the store: the poster comes last."""
        names = await self.world.objects(f"videos/{video_id}/")
        return any(name.endswith("poster.jpg") for name in names)


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Take Postgres away and give it back, at one moment after the other."""
    async with world.db.begin() as tx:
        # A commit must be written before it is told: else a crash of the server may lose it.
        await tx.execute(text("ALTER ROLE CURRENT_USER SET synchronous_commit = on"))
    dead_letters = await _dead_letters(world)
    await world.start_api()
    worker = await world.start_worker("paced")
    tally = Tally()
    one = _Try(world, worker, dead_letters, rng)
    kinds = [kind for kind in one.kinds if not world.focus or kind.__name__ in world.focus]
    while tally.tried < tries:
        kind = kinds[tally.tried % len(kinds)]
        tally.add([f"{kind.__name__}: {fault}" for fault in await kind()])
        assert worker.alive, "the worker has ended"
    return tally.outcome()


async def _dead_letters(world: World) -> str:
    """Give this world's queue a dead-letter queue, and return that one's address."""
    made = await world.sqs.create_queue(QueueName=f"dead-{uuid.uuid4().hex}")
    url: str = made["QueueUrl"]
    answer = await world.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    policy = {"deadLetterTargetArn": answer["Attributes"]["QueueArn"], "maxReceiveCount": _RECEIVES}
    await world.sqs.set_queue_attributes(
        QueueUrl=world.queue_url, Attributes={"RedrivePolicy": json.dumps(policy)}
    )
    return url


SCENARIO = Scenario(
    "I8",
    "a restart of Postgres is harmless",
    full_count=20,
    small_count=3,
    run=run,
    protections=(
        Protection(
            "write_repeat",
            "a result is offered to Postgres once",
            ("write_repeat",),
            1,
            ("while_publishing",),
        ),
        Protection(
            "database_wait",
            "messages are received while nothing can be claimed",
            ("database_wait",),
            1,
            ("long_absence",),
        ),
    ),
)
