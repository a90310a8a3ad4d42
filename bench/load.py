"""A load generator: `python -m bench.load`, a `Load` as JSON on stdin, an `Outcome` on stdout.

Raw HTTP/1.1 on uvloop with requests built beforehand: each connection sends the next request as
soon as its answer is complete, whose end is known from Content-Length. That takes a small part of
what a FastAPI server takes for the same request, so one process of it keeps one process of the
server busy; `busy` says how much of its own core it needed, and near 1 the figures are not the
server's. (No generator that would do is to be had from PyPI, and none may be presumed.)
"""

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import cast

import uvloop

from bench.measure import percentile

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"


@dataclass(frozen=True)
class Load:
    """What is sent.

    Attributes:
        port: of the server on 127.0.0.1.
        requests: whole requests, sent in turn over all connections.
        connections: how many are under way at once.
        warm_seconds: sent before anything is counted.
        seconds: counted.
    """

    port: int
    requests: list[str]
    connections: int
    warm_seconds: float
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """What came back.

    Attributes:
        rate: answers a second.
        p50_ms: median time of an answer.
        p99_ms: 99 of 100 took no longer.
        answered: answers in all, those while warming up too.
        refused: answers with another status than 2xx, and broken connections.
        busy: processor time of the generator over its wall time.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    answered: int
    refused: int
    busy: float


class _Tally:
    """What all connections share."""

    def __init__(self, load: Load) -> None:
        self._requests = [text.encode() for text in load.requests]
        self._next = 0
        self._count_from = time.perf_counter() + load.warm_seconds
        self.over_at = self._count_from + load.seconds
        self.seconds: list[float] = []
        self.answered = 0
        self.refused = 0

    def request(self) -> bytes:
        self._next = (self._next + 1) % len(self._requests)
        return self._requests[self._next]

    def count(self, begun: float, now: float) -> None:
        self.answered += 1
        if self._count_from <= now <= self.over_at:
            self.seconds.append(now - begun)


class _Connection(asyncio.Protocol):
    """One connection: a request at a time."""

    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self._head = b""
        self._missing = 0
        self._begun = 0.0
        self._transport: asyncio.Transport | None = None
        self.closed = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is one in all but its class.
        self._transport = cast(asyncio.Transport, transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            self._head += data
            end = self._head.find(_END_OF_HEAD)
            if end < 0:
                return
            if not self._head.startswith(b"HTTP/1.1 2"):
                self._tally.refused += 1
            self._missing = (
                end + len(_END_OF_HEAD) + _body_length(self._head[:end]) - len(self._head)
            )
            self._head = b""
        if not self._missing:
            self._tally.count(self._begun, time.perf_counter())
            self._send()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - counted either way
        if time.perf_counter() < self._tally.over_at:
            self._tally.refused += 1
        if not self.closed.done():
            self.closed.set_result(None)

    def _send(self) -> None:
        assert self._transport is not None
        self._begun = time.perf_counter()
        if self._begun > self._tally.over_at:
            self._transport.close()
        else:
            self._transport.write(self._tally.request())


def _body_length(head: bytes) -> int:
    lower = head.lower()
    start = lower.find(_LENGTH)
    if start < 0:
        return 0
    start += len(_LENGTH)
    end = lower.find(b"\r\n", start)
    return int(lower[start : end if end >= 0 else None])


async def drive(load: Load) -> Outcome:
    """Send the load; return what came back."""
    loop = asyncio.get_running_loop()
    tally, cpu, begun = _Tally(load), time.process_time(), time.perf_counter()
    connections = [_Connection(tally) for _ in range(load.connections)]
    for each in connections:
        await loop.create_connection(lambda each=each: each, "127.0.0.1", load.port)  # type: ignore[misc]
    await asyncio.wait([each.closed for each in connections], timeout=tally.over_at - begun + 10)
    busy = (time.process_time() - cpu) / (time.perf_counter() - begun)
    return Outcome(
        rate=len(tally.seconds) / load.seconds,
        p50_ms=percentile(tally.seconds or [0.0], 50) * 1000,
        p99_ms=percentile(tally.seconds or [0.0], 99) * 1000,
        answered=tally.answered,
        refused=tally.refused,
        busy=busy,
    )


if __name__ == "__main__":
    outcome = uvloop.run(drive(Load(**json.load(sys.stdin))))
    json.dump(asdict(outcome), sys.stdout)
