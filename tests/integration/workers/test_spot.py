"""EC2 tells a Spot machine that it will be taken back; what has no notice to tell is waited out."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from tests.support.recorder import Asked, Recorder, recording
from tests.support.waiting import patiently, wait_until
from workers.runtime.spot import action_of, watch

NOTICE = b'{"action": "terminate", "time": "2026-11-21T08:22:00Z"}'
NONE = (404, b"<html>Not Found</html>")


@dataclass
class Metadata:
    """The instance metadata service: lets nobody ask without a token of its own."""

    notice: tuple[int, bytes] = NONE
    tokens: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> tuple[int, bytes] | None:
        if (asked.method, asked.path) == ("PUT", "/latest/api/token"):
            assert 1 <= int(asked.headers["x-aws-ec2-metadata-token-ttl-seconds"]) <= 21_600
            self.tokens.append(f"token-{len(self.tokens)}")
            return 200, self.tokens[-1].encode()
        if asked.headers.get("x-aws-ec2-metadata-token") not in self.tokens[-1:]:
            return 401, b""
        assert (asked.method, asked.path) == ("GET", "/latest/meta-data/spot/instance-action")
        return self.notice


@pytest.fixture
def metadata() -> Metadata:
    return Metadata()


@pytest.fixture
def machine(metadata: Metadata) -> Iterator[Recorder]:
    with recording(metadata) as found:
        yield found


class Watching:
    """A worker that would drain."""

    def __init__(self, machine: Recorder) -> None:
        self.stopped = 0
        self._task = asyncio.create_task(watch(machine.address, self._stop, every_s=0.01))

    def _stop(self) -> None:
        self.stopped += 1

    async def end(self) -> None:
        async with patiently():
            await self._task


async def test_a_notice_drains_once(machine: Recorder, metadata: Metadata) -> None:
    watching = Watching(machine)
    await wait_until(lambda: len(machine.asked) >= 5)
    assert watching.stopped == 0
    metadata.notice = (200, NOTICE)
    await watching.end()
    assert watching.stopped == 1
    assert len(metadata.tokens) == 1, "a token for each question"


async def test_a_token_that_has_ended_is_replaced(machine: Recorder, metadata: Metadata) -> None:
    watching = Watching(machine)
    await wait_until(lambda: len(machine.asked) >= 3)
    metadata.tokens.append("of somebody else")
    asked = len(machine.asked)
    await wait_until(lambda: len(machine.asked) >= asked + 4)
    metadata.notice = (200, NOTICE)
    await watching.end()
    assert watching.stopped == 1


@pytest.mark.parametrize("broken", [None, (500, b""), (200, b"{"), (200, b"{}")])
async def test_what_says_nothing_of_use_is_asked_again(
    machine: Recorder, metadata: Metadata, broken: tuple[int, bytes] | None
) -> None:
    machine.answer = lambda asked: metadata(asked) if "token" in asked.path else broken
    with capture_logs() as logs:
        watching = Watching(machine)
        await wait_until(lambda: len(machine.asked) >= 5)
        assert watching.stopped == 0
        machine.answer = metadata
        metadata.notice = (200, NOTICE)
        await watching.end()
    assert watching.stopped == 1
    unread = [each for each in logs if each["event"] == "spot_notices_not_read"]
    assert len(unread) == (1 if broken is None else 0)


@pytest.mark.parametrize(
    ("body", "action"),
    [
        (NOTICE.decode(), "terminate"),
        ('{"action": "hibernate"}', "hibernate"),
        ('{"action": ""}', None),
        ("[]", None),
        ("", None),
    ],
)
def test_what_a_notice_says(body: str, action: str | None) -> None:
    assert action_of(body) == action
