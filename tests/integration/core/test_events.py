"""Word of changes, over one Redis connection that may break."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
import redis.asyncio as redis
from redis.exceptions import RedisError

from core import events
from core.adapters.redis import connect
from core.events import Subscriber, VideoEvent, announce
from embedded.stack import Stack
from tests.support.freezing import way_to
from tests.support.waiting import patiently, wait_until


@pytest_asyncio.fixture(loop_scope="session")
async def subscriber(stack: Stack) -> AsyncIterator[Subscriber]:
    client = connect(stack.environment["REDIS_URL"])
    found = Subscriber(client)
    running = asyncio.create_task(found.run())
    yield found
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await found.close()
    await client.aclose()


def event(user_id: uuid.UUID, version: int = 1) -> VideoEvent:
    return VideoEvent(user_id, uuid.uuid4(), version)


async def subscribed(client: redis.Redis, user_id: uuid.UUID) -> int:
    [(_, count)] = await client.pubsub_numsub(f"video-events:{user_id}")
    return int(count)


async def get(queue: "asyncio.Queue[VideoEvent]") -> VideoEvent:
    async with patiently():
        return await queue.get()


async def test_a_listener_hears_of_its_user_and_of_nobody_else(
    subscriber: Subscriber, redis_client: redis.Redis
) -> None:
    user, other = uuid.uuid4(), uuid.uuid4()
    async with subscriber.listen(user) as queue:
        await wait_until(lambda: subscribed(redis_client, user))
        mine = event(user, 7)
        await announce(redis_client, [event(other), mine])
        assert await get(queue) == mine
        assert queue.empty()


async def test_each_listener_of_a_user_hears_everything(
    subscriber: Subscriber, redis_client: redis.Redis
) -> None:
    user = uuid.uuid4()
    async with subscriber.listen(user) as first:
        async with subscriber.listen(user) as second:
            await wait_until(lambda: subscribed(redis_client, user))
            one = event(user)
            await announce(redis_client, [one])
            assert (await get(first), await get(second)) == (one, one)
        two = event(user)
        await announce(redis_client, [two])
        assert await get(first) == two


async def test_many_who_come_at_once_all_hear(
    subscriber: Subscriber, redis_client: redis.Redis
) -> None:
    users = [uuid.uuid4() for _ in range(30)]
    ready = asyncio.Barrier(len(users) + 1)

    async def listen(user: uuid.UUID) -> VideoEvent:
        async with subscriber.listen(user) as queue:
            await ready.wait()
            return await get(queue)

    waiting = [asyncio.create_task(listen(user)) for user in users]
    await ready.wait()
    for user in users:  # what was asked for is not yet done
        await wait_until(partial(subscribed, redis_client, user))
    sent = [event(user) for user in users]
    await announce(redis_client, sent)
    assert await asyncio.gather(*waiting) == sent
    clients = await redis_client.client_list(_type="pubsub")
    names = [item for item in clients if int(item["sub"]) > 0]
    assert len(names) <= 2  # this one, and the shared API's if it listens


async def test_a_broken_connection_is_made_again(
    subscriber: Subscriber, redis_client: redis.Redis
) -> None:
    user = uuid.uuid4()
    async with subscriber.listen(user) as queue:
        await wait_until(lambda: subscribed(redis_client, user))
        await redis_client.client_kill_filter(_type="pubsub", skipme=True)
        await wait_until(lambda: subscribed(redis_client, user))
        again = event(user)
        await announce(redis_client, [again])
        assert await get(queue) == again
        # Who comes after the break is heard as well.
        late = uuid.uuid4()
        async with subscriber.listen(late) as other:
            await wait_until(lambda: subscribed(redis_client, late))
            word = event(late)
            await announce(redis_client, [word])
            assert await get(other) == word


async def test_a_channel_without_listeners_is_given_up(
    subscriber: Subscriber, redis_client: redis.Redis
) -> None:
    user = uuid.uuid4()
    for _ in range(3):  # and listened to anew
        async with subscriber.listen(user) as queue:
            await wait_until(lambda: subscribed(redis_client, user))
            word = event(user)
            await announce(redis_client, [word])
            assert await get(queue) == word

        async def given_up() -> bool:
            return await subscribed(redis_client, user) == 0

        await wait_until(given_up)


async def test_a_listener_that_does_not_read_holds_nobody_up(
    subscriber: Subscriber, redis_client: redis.Redis
) -> None:
    user = uuid.uuid4()
    async with subscriber.listen(user) as asleep, subscriber.listen(user) as awake:
        await wait_until(lambda: subscribed(redis_client, user))
        for version in range(1, 1101):
            await announce(redis_client, [event(user, version)])
            assert (await get(awake)).version == version
        assert asleep.full()


async def test_who_tells_learns_that_redis_is_away() -> None:
    """Then the word stays in the outbox: see test_outbox."""
    client = connect("redis://127.0.0.1:1/0")
    with pytest.raises(RedisError):
        await announce(client, [event(uuid.uuid4())])
    await client.aclose()


async def test_a_connection_that_breaks_while_people_come_and_go_is_made_again(
    subscriber: Subscriber, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, whoever notices first: one who listens, or one who comes."""
    monkeypatch.setattr(events, "_RECONNECT_S", 0)
    user = uuid.uuid4()

    async def visit() -> None:
        async with subscriber.listen(uuid.uuid4()):
            pass

    async def heard() -> bool:
        await announce(redis_client, [event(user)])
        return not queue.empty()

    async def listening() -> set[str]:
        return {each["addr"] for each in await redis_client.client_list(_type="pubsub")}

    others = await listening()
    async with subscriber.listen(user) as queue:
        for turns in range(24):
            await wait_until(lambda: subscribed(redis_client, user))
            for address in await listening() - others:
                await redis_client.client_kill(address)
            for _ in range(turns % 8):
                await asyncio.sleep(0)
            await asyncio.gather(visit(), visit())
        await wait_until(heard)

        async def one_is_left() -> bool:
            return len(await listening() - others) == 1

        await wait_until(one_is_left)


async def test_who_is_cut_off_while_leaving_leaves_nothing_for_long(
    subscriber: Subscriber, redis_client: redis.Redis
) -> None:
    user, listening = uuid.uuid4(), asyncio.Event()

    async def listen() -> None:
        async with subscriber.listen(user) as queue:
            listening.set()
            await queue.get()

    leaving = asyncio.create_task(listen())
    await listening.wait()
    async with subscriber._lock:  # others are subscribing, so it has to wait on its way out
        leaving.cancel()
        await wait_until(lambda: user not in subscriber._listeners)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
    assert await subscribed(redis_client, user) == 1
    await announce(redis_client, [event(user)])

    async def given_up() -> bool:
        return await subscribed(redis_client, user) == 0

    await wait_until(given_up)


async def test_a_connection_that_is_frozen_is_given_up(
    stack: Stack, redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "_QUIET_S", 0.2)
    url = urlsplit(stack.environment["REDIS_URL"])
    assert url.hostname is not None
    assert url.port is not None
    user = uuid.uuid4()
    async with way_to(url.hostname, url.port) as (way, port):
        client = connect(stack.environment["REDIS_URL"].replace(f":{url.port}", f":{port}"))
        subscriber = Subscriber(client)
        running = asyncio.create_task(subscriber.run())
        async with subscriber.listen(user) as queue:
            await wait_until(lambda: subscribed(redis_client, user), 30)
            [frozen] = way.passages
            frozen.freeze()
            await wait_until(lambda: not frozen.is_open, 30)

            async def heard() -> bool:
                await announce(redis_client, [event(user)])
                return not queue.empty()

            await wait_until(heard, 30)
            monkeypatch.setattr(events, "_QUIET_S", 1.0)
            kept = way.passages[-1]
            await way.answered(kept)  # it was quiet only, and is asked
            assert kept.is_open
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await subscriber.close()
        await client.aclose()
