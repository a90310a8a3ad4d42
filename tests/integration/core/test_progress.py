"""How far jobs are, in Redis: told, read, never going back, and needed by nobody."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import redis.asyncio as redis
from redis.exceptions import RedisError

from core import progress
from core.adapters.redis import connect
from core.events import Subscriber, VideoEvent, announce
from core.model.states import Stage
from core.progress import Progress, ProgressBoard
from embedded.stack import Stack
from tests.support.waiting import patiently, wait_until

HALF = Progress(Stage.ENCODING, 50.0, 12.5)
FURTHER = Progress(Stage.ENCODING, 80.0, 1.0)
LESS = Progress(Stage.FETCHING, 10.0, None)


class Film:
    """A job on a video, as a worker tells of it."""

    def __init__(self, client: redis.Redis) -> None:
        self.user, self.video, self.job = (uuid.uuid4() for _ in range(3))
        self.board = ProgressBoard(client)

    async def tell(self, progress: Progress, task_id: uuid.UUID | None = None) -> bool:
        task_id = task_id or uuid.UUID(int=7)
        return await self.board.tell(self.user, self.video, self.job, task_id, progress)

    async def read(self) -> Progress | None:
        return (await self.board.read([self.job])).get(self.job)


@pytest_asyncio.fixture(loop_scope="session")
async def film(stack: Stack, redis_client: redis.Redis) -> AsyncIterator[Film]:
    yield Film(redis_client)


async def test_the_last_word_is_read(film: Film) -> None:
    assert await film.read() is None
    assert not await film.tell(LESS)
    assert await film.read() == LESS
    await film.tell(HALF)
    assert await film.read() == HALF


async def test_it_never_goes_back_although_another_attempt_begins_anew(film: Film) -> None:
    await film.tell(HALF)
    await film.tell(LESS)
    assert await film.read() == Progress(Stage.FETCHING, 50.0, None)


async def test_what_was_read_is_read_again_although_redis_has_lost_it(
    film: Film, redis_client: redis.Redis
) -> None:
    await film.tell(HALF)
    assert await film.read() == HALF
    await redis_client.delete(f"progress:{film.job}")
    assert await film.read() == HALF
    await film.tell(LESS)
    assert await film.read() == Progress(Stage.FETCHING, 50.0, None)
    await film.tell(FURTHER)
    assert await film.read() == FURTHER


async def test_no_more_than_the_latest_jobs_are_remembered(
    film: Film, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_REMEMBERED", 1)
    await film.tell(HALF)
    other = uuid.uuid4()
    await film.board.tell(film.user, film.video, other, other, HALF)
    assert await film.board.read([film.job, other]) == {film.job: HALF, other: HALF}
    await redis_client.delete(f"progress:{film.job}", f"progress:{other}")
    assert await film.board.read([film.job, other]) == {other: HALF}


async def test_of_several_tasks_the_furthest_is_read(film: Film) -> None:
    for percent in (20.0, 70.0, 40.0):
        await film.tell(Progress(Stage.ENCODING, percent, None), uuid.uuid4())
    assert await film.read() == Progress(Stage.ENCODING, 70.0, None)


async def test_many_jobs_are_read_at_once_and_unknown_ones_are_left_out(
    film: Film, redis_client: redis.Redis
) -> None:
    other, silent = Film(redis_client), Film(redis_client)
    await film.tell(HALF)
    await other.tell(LESS)
    read = await film.board.read([film.job, silent.job, other.job])
    assert read == {film.job: HALF, other.job: LESS}
    assert await film.board.read([]) == {}


async def test_a_job_that_was_ended_is_told_to_who_works_on_it(
    film: Film, redis_client: redis.Redis
) -> None:
    await film.tell(HALF)
    await film.board.tell_ended([film.job])
    pubsub = redis_client.pubsub(ignore_subscribe_messages=True)
    await pubsub.subscribe(f"video-progress:{film.user}")
    assert await film.tell(FURTHER)
    assert await film.read() == HALF  # nothing is told of it any more
    await redis_client.publish(f"video-progress:{film.user}", "the end")
    async with patiently():
        while (word := await pubsub.get_message(timeout=1)) is None:
            pass
    await pubsub.aclose()  # type: ignore[no-untyped-call]
    assert word["data"] == "the end"
    other = Film(redis_client)
    assert not await other.tell(HALF)  # nobody else is stopped


async def test_one_that_is_ended_before_it_told_anything_has_no_progress(film: Film) -> None:
    await film.board.tell_ended([film.job])
    assert await film.tell(LESS)
    assert await film.read() is None


async def test_what_is_told_does_not_stay(film: Film, redis_client: redis.Redis) -> None:
    await film.tell(HALF)
    other = Film(redis_client)
    await other.board.tell_ended([other.job])
    for job in (film.job, other.job):
        assert 0 < await redis_client.ttl(f"progress:{job}") <= 86_400


async def test_who_watches_hears_of_it(film: Film, redis_client: redis.Redis) -> None:
    subscriber = Subscriber(redis_client)
    running = asyncio.create_task(subscriber.run())
    async with subscriber.listen(film.user) as queue, patiently():
        await wait_until(lambda: _subscribed(redis_client, film.user))
        await film.tell(HALF)
        word = await queue.get()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await subscriber.close()
    assert word == VideoEvent(film.user, film.video, 0, film.job, word.progress)
    assert word.progress is not None
    assert json.loads(word.progress) == {"stage": "encoding", "percent": 50.0, "eta_s": 12.5}


async def test_the_release_before_hears_only_what_it_understands(
    film: Film, redis_client: redis.Redis
) -> None:
    """Its subscriber ends at a word that is not an id and a version."""
    pubsub = redis_client.pubsub(ignore_subscribe_messages=True)
    await pubsub.subscribe(f"video-events:{film.user}")
    await wait_until(lambda: _subscribed(redis_client, film.user))
    await film.tell(HALF)
    await announce(redis_client, [VideoEvent(film.user, film.video, 7)])
    async with patiently():
        while (word := await pubsub.get_message(timeout=1)) is None:
            pass
    await pubsub.aclose()  # type: ignore[no-untyped-call]
    video_id, _, version = word["data"].partition(" ")
    assert (video_id, int(version)) == (str(film.video), 7)


async def _subscribed(client: redis.Redis, user_id: uuid.UUID) -> int:
    [(_, count)] = await client.pubsub_numsub(f"video-events:{user_id}")
    return int(count)


async def test_without_redis_nothing_is_read_and_only_who_tells_learns_of_it() -> None:
    client = connect("redis://127.0.0.1:1/0")
    film = Film(client)
    assert await film.read() is None
    await film.board.tell_ended([film.job])
    with pytest.raises(RedisError):
        await film.tell(HALF)
    await client.aclose()
