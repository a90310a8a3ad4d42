"""A reverse proxy of ours before S3 and SQS, which a test has misbehave while it runs.

    with Proxy(stack.environment["AWS_ENDPOINT_URL"]) as proxy:
        worker = workers.start(AWS_ENDPOINT_URL_S3=proxy.url)
        rule = proxy.set(Answer(503, "SlowDown"), operations={"PutObject"}, chance=0.3)
        ...
        proxy.clear()

It runs in a thread with a loop of its own, so that tests of any kind can use it. `Host` goes
through unchanged: whoever signed a URL for the proxy's address finds the signature good.
"""

import asyncio
import random
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator, Collection
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

from tests.faults.misbehaviour import Answer, Cut, Fault, Hang, Rule, Shorten, Slow
from tests.faults.operations import operation_of
from tests.support.listening import take_no_more

_CHUNK = 64 * 1024
# Between two neighbours only (RFC 9110 section 7.6.1); the rest is passed on as it is.
_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "expect"}


class Proxy:
    """Passes requests on to `upstream`, which may be told later; counts them by operation."""

    def __init__(self, upstream: str = "", *, seed: int = 0) -> None:
        self.upstream = upstream
        self.passed: Counter[str] = Counter()
        self.faulted: Counter[str] = Counter()
        self._rng = random.Random(seed)
        self._rule: Rule | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._port = 0
        self._closing = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def set(
        self,
        fault: Fault,
        *,
        operations: Collection[str] = (),
        path: str = "",
        chance: float = 1.0,
        times: int | None = None,
    ) -> Rule:
        """Have a fault befall what matches, in place of what was set before."""
        rule = Rule(fault, frozenset(operations), path, chance, times)
        self._rule = rule
        return rule

    def clear(self) -> None:
        """Behave."""
        self._rule = None

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.clear()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _open(self) -> None:
        # No limit of connections: long polls and hanging requests hold theirs.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None),
            auto_decompress=False,
        )
        self._server = web.Server(self._serve, access_log=None)
        self._runner = web.ServerRunner(self._server, shutdown_timeout=0.2)
        await self._runner.setup()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._port = self._listening.getsockname()[1]
        await web.SockSite(self._runner, self._listening).start()

    async def _close(self) -> None:
        """End all that goes through; nothing of it is left when the loop is stopped after this."""
        self._closing.set()
        await take_no_more([self._listening])
        self._abort()
        await self._runner.cleanup()
        # aiohttp does not wait until handlers have put their connections away.
        while handlers := asyncio.all_tasks() - {asyncio.current_task()}:
            for handler in handlers:
                handler.cancel()
            await asyncio.gather(*handlers, return_exceptions=True)
            self._abort()
        await self._session.close()
        await asyncio.sleep(0)  # in the next turn closed connections give their sockets back

    def _abort(self) -> None:
        """End the connections; closed, each would first send what nobody reads."""
        for connection in self._server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        operation = operation_of(request.method, request.raw_path, request.headers)
        rule = self._rule
        if rule is None or not rule.befalls(operation, request.path, self._rng):
            self.passed[operation] += 1
            return await self._pass_on(request, None)
        rule.hits += 1
        self.faulted[operation] += 1
        match rule.fault:
            case Answer(status, code):
                return await _refuse(request, status, code)
            case Cut("nothing"):
                return _broken(request)
            case Hang():
                await self._closing.wait()
                return _broken(request)
        return await self._pass_on(request, rule.fault)

    def _answered(self, request: web.BaseRequest, answer: aiohttp.ClientResponse) -> None:
        """Hear of an answer before anything of it is given back."""

    async def _pass_on(self, request: web.BaseRequest, fault: Fault | None) -> web.StreamResponse:
        await _ask_for_body(request)
        headers = [
            (name, value) for name, value in request.headers.items() if name.lower() not in _HOP
        ]
        length = request.content_length
        if isinstance(fault, Shorten) and length:
            length = max(0, length - fault.by)
            headers = [item for item in headers if item[0].lower() != "content-length"]
            headers.append(("Content-Length", str(length)))
        rate = fault.rate if isinstance(fault, Slow) else None
        body = _body_of(request, length, rate) if request.body_exists else None
        try:
            async with self._session.request(
                request.method,
                URL(self.upstream + request.raw_path, encoded=True),
                headers=headers,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                data=body,
                allow_redirects=False,
            ) as answer:
                self._answered(request, answer)
                return await _give_back(request, answer, fault, rate)
        except (aiohttp.ClientError, OSError):
            # The service is away or broke off, or whoever asked has gone.
            return _broken(request)


async def _body_of(
    request: web.BaseRequest, length: int | None, rate: int | None
) -> AsyncIterator[bytes]:
    """Yield the first `length` bytes of a body, and read the others."""
    left = length
    async for chunk in _paced(request.content, rate):
        yield chunk if left is None else chunk[:left]
        left = None if left is None else max(0, left - len(chunk))


async def _give_back(
    request: web.BaseRequest, answer: aiohttp.ClientResponse, fault: Fault | None, rate: int | None
) -> web.StreamResponse:
    headers = [(name, value) for name, value in answer.headers.items() if name.lower() not in _HOP]
    if isinstance(fault, Cut) and fault.after == "request":
        await answer.read()
        return _broken(request)
    response = web.StreamResponse(status=answer.status, reason=answer.reason)
    response.headers.clear()
    response.headers.extend(headers)
    await response.prepare(request)
    left = fault.body if isinstance(fault, Cut) else None
    async for chunk in _paced(answer.content, rate):
        if left is not None and len(chunk) >= left:
            await response.write(chunk[:left])
            return _broken(request)
        await response.write(chunk)
        left = None if left is None else left - len(chunk)
    await response.write_eof()
    return response


async def _paced(stream: aiohttp.StreamReader, rate: int | None) -> AsyncIterator[bytes]:
    while chunk := await stream.read(_CHUNK if rate is None else max(1, rate // 10)):
        yield chunk
        if rate is not None:
            await asyncio.sleep(len(chunk) / rate)


async def _refuse(request: web.BaseRequest, status: int, code: str) -> web.StreamResponse:
    await _ask_for_body(request)
    async for _ in request.content.iter_any():
        pass  # read, or the connection could not be used again
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code>'
        "<Message>Please reduce your request rate.</Message></Error>"
    )
    return web.Response(status=status, text=text, content_type="application/xml")


async def _ask_for_body(request: web.BaseRequest) -> None:
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # else the answer's own head would count as sent


def _broken(request: web.BaseRequest) -> web.StreamResponse:
    """End the connection at once, without a word more."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=502)
