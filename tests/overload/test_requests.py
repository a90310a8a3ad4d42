"""More than can be answered, and clients that take their time: refused or ended in time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from backend.http.middleware import RequestLayer
from core.adapters.postgres import Database
from embedded.stack import Stack
from tests.support.app import Api, StartApi, served
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.settings import settings_of
from tests.support.sse import stream
from tests.support.waiting import patiently, wait_until

HEAD = b"POST /v1/auth/login HTTP/1.1\r\nHost: framemill.test\r\nContent-Length: 40\r\n\r\n"


@dataclass
class Line:
    """A connection on which a test says what it likes, when it likes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def say(self, data: bytes) -> None:
        with suppress(ConnectionError):  # seen by `ended`
            self.writer.write(data)
            await self.writer.drain()

    async def ended(self) -> bytes:
        """Return what was answered until the connection was closed."""
        answer = b""
        with suppress(ConnectionError):
            async with patiently():
                while data := await self.reader.read(2**16):
                    answer += data
        return answer


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Line]:
    parts = urlsplit(address)
    line = Line(*await asyncio.open_connection(parts.hostname, parts.port))
    try:
        yield line
    finally:
        line.writer.close()
        with suppress(ConnectionError):
            await line.writer.wait_closed()


async def status(api: Api, path: str = "/v1/limits") -> int:
    return (await api.client().get(path)).status_code


async def until(api: Api, wanted: int) -> None:
    """Wait until there is no slot left (503), or one again (401)."""

    async def there() -> bool:
        return await status(api) == wanted

    await wait_until(there)


async def test_what_is_too_much_is_refused_at_once_and_only_that(start_api: StartApi) -> None:
    api = await start_api(max_requests=5)
    async with served(api) as address, AsyncExitStack() as lines:
        held = [await lines.enter_async_context(connected(address)) for _ in range(5)]
        for line in held:
            await line.say(HEAD + b"{")
        await until(api, 503)
        for _ in range(8):
            refused = await api.client().get("/v1/limits")
            problem(refused, 503, "overloaded")
            assert 1 <= int(refused.headers["retry-after"]) <= 4
        assert await status(api, "/healthz") == 200
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await api.service().get(path)).status_code == 200
        # What was there before is answered all the same, and makes room.
        await held[0].say(b"}" + b" " * 38)
        assert (await held[0].reader.readline()).split()[1] == b"422"
        assert await status(api) == 401
        assert await status(api) == 401


async def test_who_goes_away_makes_room(start_api: StartApi) -> None:
    api = await start_api(max_requests=1)
    async with served(api) as address:
        for ended in (b"{", b""):
            async with connected(address) as line:
                await line.say(HEAD + ended)
                await until(api, 503)
            await until(api, 401)


async def test_one_address_cannot_keep_all_others_out(start_api: StartApi) -> None:
    api = await start_api(max_requests=25, trusted_proxies=["127.0.0.1"])
    async with served(api) as address, AsyncExitStack() as lines:
        held = [await lines.enter_async_context(connected(address)) for _ in range(30)]
        for line in held:
            await line.say(HEAD + b"{")

        answers = [asyncio.ensure_future(line.reader.readline()) for line in held]
        await wait_until(lambda: sum(each.done() for each in answers) == 10)
        assert {each.result().split()[1] for each in answers if each.done()} == {b"429"}
        assert arriving(api) == 20
        assert await status(api) == 401
        # Somebody else's body is waited for as ever.
        async with connected(address) as other:
            elsewhere = HEAD.replace(b"Host:", b"X-Forwarded-For: 192.0.2.7\r\nHost:")
            await other.say(elsewhere + b"{")
            await wait_until(lambda: arriving(api) == 21)
            await other.say(b"}" + b" " * 38)
            assert (await other.reader.readline()).split()[1] == b"422"
        for each in answers:
            each.cancel()


def arriving(api: Api) -> int:
    """How many bodies are waited for."""
    layer: Any = api.app.middleware_stack
    while not isinstance(layer, RequestLayer):
        layer = layer.app
    return sum(layer.slots.arriving.under_way.values())


async def test_streams_take_no_slots(start_api: StartApi) -> None:
    api = await start_api(max_requests=2)
    person = await new_user(api)
    await person.http.post("/v1/uploads", json={"filename": "film.mp4", "size": 1})
    async with served(api) as address, AsyncExitStack() as streams:
        for _ in range(4):
            opened = await streams.enter_async_context(stream(address, "/v1/events", person.token))
            assert opened.response.status_code == 200
            assert await opened.event() is not None
        for _ in range(4):
            assert (await person.http.get("/v1/limits")).status_code == 200


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(b"", b"", id="nothing"),
        pytest.param(b"\r\n", b"\r\n", id="empty lines"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b"X-More: 1\r\n", id="a head"),
        pytest.param(HEAD.replace(b"40", b"4000"), b" ", id="a body"),
        pytest.param(
            b"POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"1\r\n \r\n",
            id="chunks",
        ),
    ],
)
async def test_a_request_that_does_not_arrive_is_ended(
    start_api: StartApi, first: bytes, then: bytes
) -> None:
    api = await start_api(max_requests=1, request_s=0.5)
    async with served(api) as address, connected(address) as line:
        await line.say(first)
        ended = asyncio.create_task(line.ended())

        async def trickle() -> bool:
            await line.say(then)
            return ended.done()

        await wait_until(trickle)
        assert not ended.result().startswith(b"HTTP/1.1 2")
        await until(api, 401)


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(b"", b"\r\n", id="empty lines"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHo", b"s", id="a head"),
    ],
)
async def test_after_a_whole_request_the_next_must_arrive_too(
    start_api: StartApi, first: bytes, then: bytes
) -> None:
    api = await start_api(request_s=1)
    async with served(api) as address, connected(address) as line:
        await line.say(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await line.reader.readline()).split()[1] == b"200"
        await line.say(first)
        ended = asyncio.create_task(line.ended())

        async def trickle() -> bool:
            await line.say(then)
            return ended.done()

        await wait_until(trickle)
        assert b"HTTP/1.1" not in ended.result()


async def test_a_slow_request_in_time_is_answered(start_api: StartApi) -> None:
    api = await start_api(request_s=60)
    async with served(api) as address, connected(address) as line:
        for byte in HEAD + b"{}" + b" " * 38:
            await line.say(bytes([byte]))
        assert (await line.reader.readline()).split()[1] == b"422"


async def test_a_head_without_end_is_cut_off(start_api: StartApi) -> None:
    api = await start_api(request_s=60)
    async with served(api) as address, connected(address) as line:
        await line.say(b"GET /healthz HTTP/1.1\r\n")
        ended = asyncio.create_task(line.ended())

        async def more() -> bool:
            await line.say(b"X-More: " + b"1" * 1000 + b"\r\n")
            return ended.done()

        await wait_until(more)
        assert ended.result() == b""


async def test_who_does_not_take_the_answers_is_cut_off(start_api: StartApi) -> None:
    api = await start_api(max_requests=1, request_s=0.5)
    times = 1000
    async with served(api) as address, connected(address) as line:
        asked = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * times
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]
        line.writer.write(asked)
        await until(api, 503)
        await until(api, 401)
        line.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert (await line.ended()).count(b"HTTP/1.1 200") < times


async def test_more_connections_than_there_is_room_for_are_closed(start_api: StartApi) -> None:
    api = await start_api()
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    async with served(api, most_connections=3) as address, AsyncExitStack() as lines:
        first, *_ = [await lines.enter_async_context(connected(address)) for _ in range(3)]
        await first.say(request)
        assert (await first.reader.readline()).split()[1] == b"200"
        async with connected(address) as fourth:
            await fourth.say(request)
            assert await fourth.ended() == b""
        first.writer.close()

        async def room() -> bool:
            async with connected(address) as line:
                await line.say(request)
                return b"200" in await line.reader.readline()

        await wait_until(room)


async def test_a_database_whose_connections_are_all_lent_is_not_waited_for_long(
    start_api: StartApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = await start_api(database_pool_size=1)
    person = await new_user(api)
    monkeypatch.setattr("core.adapters.postgres._PATIENCE_S", 0.1)
    async with api.services.db.begin():
        answer = await person.http.get("/v1/videos")
    problem(answer, 503, "dependency_unavailable")
    assert (await person.http.get("/v1/videos")).status_code == 200


async def test_database_connections_are_lent_in_the_order_of_asking(
    stack: Stack,
) -> None:
    db = Database(settings_of(stack).database_url.get_secret_value(), 1)
    served: list[int] = []

    async def ask(number: int) -> None:
        async with db.autocommit() as connection:
            served.append(number)
            await connection.execute(text("SELECT 1"))

    async with patiently(), asyncio.TaskGroup() as group:
        for number in range(500):
            group.create_task(ask(number))
            # Some come just when a connection is given back, and before who waits for it wakes up.
            await asyncio.sleep(0)
    assert served == list(range(500))
    await db.close()
