"""An API whose events are streamed as its users see them."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from backend.events import stream as changes
from control.main import opened, send
from tests.support.app import Api, served


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(api: Api) -> AsyncIterator[str]:
    async with served(api) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def _relayed(api: Api) -> AsyncIterator[None]:
    """Word goes through the outbox; of control nothing but its relay is at work."""
    async with opened(api.settings) as adapters:
        running = asyncio.create_task(send(adapters))
        yield
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture(autouse=True)
def _by_word_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream does not look by itself, unless a test has it: what comes has come by word."""
    assert changes._HEAL_S == 5  # for so long an ended session goes on seeing
    monkeypatch.setattr(changes, "_HEAL_S", 3600)
