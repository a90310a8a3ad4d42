"""A listener to Server-Sent Events."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.app import bearer
from tests.support.waiting import PATIENCE_S, patiently


@dataclass
class Stream:
    """An open stream; each wait has an end, see `tests/support/waiting.py`."""

    response: httpx.Response
    lines: AsyncIterator[str]

    async def block(self, seconds: float = 0) -> list[str]:
        """Return the lines of the next event or comment; empty when the stream has ended."""
        found: list[str] = []
        async with patiently(seconds):
            async for line in self.lines:
                if line:
                    found.append(line)
                elif found:
                    return found
        return found

    async def event(self, seconds: float = 0, name: str = "video") -> dict[str, Any] | None:
        """Return what the next event tells, comments skipped; None when the stream has ended."""
        while block := await self.block(seconds):
            if block[0].startswith(":"):
                continue
            fields = dict(line.split(": ", 1) for line in block)
            assert set(fields) == {"event", "id", "data"}
            assert fields["event"] == name
            told: dict[str, Any] = json.loads(fields["data"])
            assert fields["id"] == str(told["version"])
            return told
        return None


@asynccontextmanager
async def stream(address: str, path: str, token: str, **headers: str) -> AsyncIterator[Stream]:
    """Open a stream of a served API."""
    async with (
        httpx.AsyncClient(base_url=address, headers=bearer(token), trust_env=False) as http,
        http.stream("GET", path, headers=headers, timeout=PATIENCE_S) as response,
    ):
        yield Stream(response, response.aiter_lines())
