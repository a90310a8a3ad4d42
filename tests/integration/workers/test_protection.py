"""While it works, a worker asks its ECS agent not to be stopped; the agent may do as it likes."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.support.recorder import Asked, Recorder, recording
from tests.support.waiting import wait_until
from workers.runtime.protection import Protection

DONE = (200, b'{"protection": {"ProtectionEnabled": true, "TaskArn": "arn:aws:ecs:x"}}')
# The status is that of a success.
BLOCKED = (200, b'{"failure": {"Arn": "arn:aws:ecs:x", "Reason": "DEPLOYMENT_BLOCKED"}}')
BROKEN = (500, b'{"error": {"Code": "ServerException", "Message": "Failed to get credentials"}}')


def accept(asked: Asked) -> tuple[int, bytes]:
    return DONE


@pytest.fixture
def agent() -> Iterator[Recorder]:
    with recording(accept) as found:
        yield found


@asynccontextmanager
async def informed(agent: Recorder, **values: float) -> AsyncIterator[Protection]:
    protection = Protection(**values)
    informing = asyncio.create_task(protection.run(f"{agent.address}/api/abc"))
    yield protection
    assert not informing.done(), "nothing that the agent says ends it"
    informing.cancel()
    await asyncio.wait({informing})


def wishes(agent: Recorder) -> list[bool]:
    return [json.loads(asked.body)["ProtectionEnabled"] for asked in agent.asked]


async def test_protection_begins_and_ends_with_the_work(agent: Recorder) -> None:
    async with informed(agent) as protection:
        with protection.holding():
            await wait_until(lambda: wishes(agent) == [True])
            with protection.holding():  # a second one beside changes nothing
                pass
        await wait_until(lambda: wishes(agent)[-1] is False)
    first, last = agent.asked[0], agent.asked[-1]
    assert (first.method, first.path) == ("PUT", "/api/abc/task-protection/v1/state")
    assert first.headers["content-type"] == "application/json"
    lasts = json.loads(first.body)["ExpiresInMinutes"]
    assert 1 <= lasts <= 2880, "what the agent takes"
    assert json.loads(last.body) == {"ProtectionEnabled": False}


async def test_an_idle_worker_says_nothing(agent: Recorder) -> None:
    async with informed(agent, renew_s=0.01, retry_s=0.01) as protection:
        with protection.holding():
            await wait_until(lambda: True in wishes(agent))
        await wait_until(lambda: wishes(agent)[-1] is False)
        said = len(agent.asked)
        with recording(accept) as other:
            # Another worker, so that there is something to wait for.
            async with informed(other, renew_s=0.01) as busy:
                with busy.holding():
                    await wait_until(lambda: len(other.asked) >= 5)
    assert len(agent.asked) == said


async def test_it_is_renewed_while_the_work_goes_on(agent: Recorder) -> None:
    async with informed(agent, renew_s=0.01) as protection:
        with protection.holding():
            await wait_until(lambda: len(agent.asked) >= 4)
        assert all(wishes(agent)[:4])


@pytest.mark.parametrize("answer", [BLOCKED, BROKEN, (200, b"<html>"), (200, b"[]"), None])
async def test_a_refusal_is_logged_once_and_asked_again(agent: Recorder, answer: Any) -> None:
    agent.answer = lambda asked: answer
    with capture_logs() as logs:
        async with informed(agent, retry_s=0.01) as protection:
            with protection.holding():
                await wait_until(lambda: len(agent.asked) >= 4)
                agent.answer = accept
                await wait_until(lambda: [each["event"] for each in logs][1:])
    assert [each["event"] for each in logs] == ["not_protected", "protection_works_again"]


async def test_a_wish_whose_answer_was_lost_is_taken_back(agent: Recorder) -> None:
    agent.answer = lambda asked: None  # it may have done it all the same
    async with informed(agent, retry_s=0.01) as protection:
        with protection.holding():
            await wait_until(lambda: agent.asked)
        agent.answer = accept
        await wait_until(lambda: wishes(agent)[-1] is False)


async def test_an_agent_that_is_not_there_holds_nobody_up(nowhere_at_all: str) -> None:
    protection = Protection(retry_s=0.01)
    informing = asyncio.create_task(protection.run(nowhere_at_all))
    with capture_logs() as logs:
        with protection.holding():
            await wait_until(lambda: logs)
        assert [each["event"] for each in logs] == ["not_protected"]
    assert not informing.done()
    informing.cancel()
    await asyncio.wait({informing})


@pytest.fixture
def nowhere_at_all() -> str:
    with recording(accept) as gone:
        return gone.address
