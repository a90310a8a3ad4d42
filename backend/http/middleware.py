"""What happens to every request: a slot, an id, limits on body and time, a log line, errors.

One plain ASGI layer, because each of Starlette's own would cost as much as a small route.
"""

import asyncio
import re
import time
from collections.abc import Collection
from functools import cache
from itertools import count

import structlog
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.http.address import address_of, network_of
from backend.http.errors import problem
from backend.http.paths import FOR_ANY_PAGE, READABLE, most_body, shown
from backend.http.tally import Tally
from core import log
from core.model.ids import new_token

_log = log.get(__name__)
_access = log.get("backend.access")
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_NO_STORE = (b"cache-control", b"no-store")
_PROCESS = new_token(72)
_NUMBERS = count(1)
_STREAM = b"text/event-stream"
_GONE = 499  # nobody sees it; in metrics and logs as nginx has it
_TELL_EVERY_S = 5.0
_LEAST_ARRIVING = 20  # even where there are few slots
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})

REQUESTS = Counter("framemill_http_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram("framemill_http_seconds", "Time until the answer began, in seconds.", ["route"])


class RequestLayer:
    """Wraps an ASGI app.

    At most so many requests are answered at once. What comes beyond them is refused at once and
    cheaply: waiting too, it would only make everybody's answer come too late. A stream gives its
    slot back when it begins; whether we are well is told in any case.

    While its body arrives a request has a slot too, and how long that takes is the client's affair.
    So one address may have only a fifth of the slots for that: else who sends one byte of each of
    many bodies would keep everybody out.

    What has not begun to be answered within `answer_s` seconds of having arrived is given up and
    answered with 503.

    HEAD is answered wherever GET is, with what GET would say of itself (RFC 9110 section 9.3.2).
    """

    def __init__(
        self,
        app: ASGIApp,
        most: int = 500,
        answer_s: float = 15.0,
        trusted_proxies: Collection[str] = (),
    ) -> None:
        self._app = app
        self.slots = Slots(most)
        self.answer_s = answer_s
        self.trusted_proxies = trusted_proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers, slots = dict(scope["headers"]), self.slots
        scope["request_id"] = request_id = _request_id(headers.get(b"x-request-id"))
        structlog.contextvars.bind_contextvars(request_id=request_id)
        if scope["method"] == "HEAD":
            # A copy: the server goes by its own for what it sends.
            scope = {**scope, "method": "GET", "asked": "HEAD"}
        exchange = Exchange(self, scope, receive, send)
        if slots.taken >= slots.most and scope["path"] not in _QUIET:
            await exchange.answer(*_OVERLOADED, retry_after_s=slots.refuse())
            exchange.count()
            return
        slots.taken += 1
        try:
            refusal = _refuse(scope["method"], scope["path"], headers)
            if refusal is None:
                await exchange.serve(self._app)
            else:
                await exchange.answer(*refusal)
        finally:
            exchange.free_slot()
        exchange.record()


class Slots:
    """The requests that are being answered.

    Attributes:
        most: so many at once.
        taken: so many now.
        arriving: how many of those wait for the rest of their bodies, by network.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self.arriving = Tally[str](max(_LEAST_ARRIVING, most // 5))
        self._refused = 0
        self._told = -_TELL_EVERY_S

    def refuse(self) -> int:
        """Note that one was refused; return when it may come again, in seconds.

        They are told different times, so that they do not all come back at once; and a line in the
        log for each would be work at the worst time.
        """
        self._refused += 1
        now = time.monotonic()
        if now - self._told >= _TELL_EVERY_S:
            _log.warning("overloaded", refused=self._refused, under_way=self.taken)
            self._refused, self._told = 0, now
        return 1 + self._refused % 4


class Exchange:
    """One request and its answer.

    One deadline for the whole request, however many parts it asks one after the other: each of
    those has time-outs of its own, which add up. When the time is over, what is under way is
    cancelled: transactions roll back, connections that were cut in the middle are closed. The
    answer does not wait for that.
    """

    def __init__(self, layer: RequestLayer, scope: Scope, receive: Receive, send: Send) -> None:
        self._layer = layer
        self._scope = scope
        self._method: str = scope.get("asked") or scope["method"]
        self._receive = receive
        self._send = send
        self._has_slot = True
        self._answer_s = layer.answer_s
        self._started = time.perf_counter()
        self._seconds = 0.0
        self._body = 0
        self._status = 0
        self._arrived = False
        self._is_over = False  # what is sent from now on is sent to nobody
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._apology: asyncio.Task[None] | None = None

    async def serve(self, app: ASGIApp) -> None:
        """Have an app answer, or answer in its place."""
        self._task = asyncio.current_task()
        self._scope["exchange"] = self
        self._start()
        try:
            await app(self._scope, self._hear, self._say)
        except ClientDisconnect:
            self._status = self._status or _GONE
        except asyncio.CancelledError:
            if self._apology is None:
                raise
        except Exception:  # noqa: BLE001 - the last resort; it is logged and answered
            if not self._is_over:  # then it is what came of being cut off
                _log.exception("unhandled_error")
                await self.answer(500, "internal_error", "Something went wrong on our side.")
        finally:
            self._stop()
            if self._apology is not None and self._task is not None:
                self._task.uncancel()
                await self._apology

    def extend(self, seconds: float) -> None:
        """Give a request that takes long by its nature so many seconds from now."""
        self._answer_s = max(self._answer_s, seconds)
        if self._timer is not None:
            self._start()

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._apology is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._answer_s, self._give_up)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._is_over, self._timer = True, None
        _log.warning("not_answered_in_time", method=self._method, path=shown(self._scope["path"]))
        self._apology = asyncio.get_running_loop().create_task(self.answer(*_TOO_LATE))
        if self._task is not None:
            self._task.cancel()

    async def _hear(self) -> Message:
        if self._arrived:
            message = await self._receive()
            self._is_over = self._is_over or message["type"] == "http.disconnect"
            return message
        self._stop()  # how long a client may take to send is not ours to say here
        network = network_of(address_of(self._scope, self._layer.trusted_proxies))
        with self._layer.slots.arriving.one(network, lambda: HTTPException(429, _ARRIVING)):
            message = await self._receive()
        self._arrived = not message.get("more_body", False)
        if not self._status:
            self._start()
        if message["type"] == "http.request":
            self._body += len(message.get("body", b""))
            most = most_body(self._scope["path"])
            if self._body > most:
                # Of a kind that FastAPI passes on while it reads a body.
                raise HTTPException(413, _too_large(most)[2])
        return message

    async def _say(self, message: Message) -> None:
        if not self._is_over:
            await self._send_on(message)

    async def _send_on(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._stop()  # what is left is up to the client
            self._status = message["status"]
            self._seconds = time.perf_counter() - self._started
            headers = message.setdefault("headers", [])
            headers.append((b"x-request-id", self._scope["request_id"].encode()))
            headers.extend(_SECURITY_HEADERS)
            if self._scope["path"].startswith(FOR_ANY_PAGE):
                headers.extend(READABLE)
            may_be_kept = is_stream = False
            for name, value in headers:
                if name == b"cache-control":
                    may_be_kept = True
                elif name == b"content-type" and value.startswith(_STREAM):
                    self.free_slot()
                    is_stream = True
            # Only what says that it may be kept is kept.
            if not may_be_kept:
                headers.append(_NO_STORE)
            if self._method == "HEAD" and is_stream:
                await self._send(message)
                await self._send({"type": "http.response.body"})
                self._is_over = True
                raise ClientDisconnect  # it would never end
        elif self._method == "HEAD" and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)

    async def answer(
        self, status: int, code: str, detail: str, retry_after_s: float | None = None
    ) -> None:
        """Answer with a problem, unless an answer has begun: then only closing is left."""
        if self._status:
            return
        path, request_id = self._scope["path"], self._scope["request_id"]
        response = problem(path, request_id, status, code, detail, retry_after_s=retry_after_s)
        await response(self._scope, self._receive, self._send_on)

    def free_slot(self) -> None:
        """Let another request have the slot; once."""
        self._layer.slots.taken -= self._has_slot
        self._has_slot = False

    def count(self) -> None:
        """Add to the metrics."""
        route = self._scope.get("route")
        name = getattr(route, "path", "none")  # never the path itself: anybody could invent labels
        requests, seconds = _metrics(self._method, name, self._status)
        requests.inc()
        seconds.observe(self._seconds)

    def record(self) -> None:
        """Add to the metrics and write the log line."""
        self.count()
        if self._scope["path"] not in _QUIET:
            _access.info(
                "request",
                method=self._method,
                path=shown(self._scope["path"]),
                status=self._status,
                ms=round(self._seconds * 1000, 1),
            )


@cache  # looking labels up takes longer than counting
def _metrics(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, status), SECONDS.labels(route)


_OVERLOADED = (503, "overloaded", "The API has too many requests at the moment. Try again soon.")
_AWAY = "A dependency of the API did not answer in time. Try again in a moment."
_TOO_LATE = (503, "dependency_unavailable", _AWAY)
_ARRIVING = "Too many unfinished requests from this address. Try again in a moment."


def _too_large(most: int) -> tuple[int, str, str]:
    return 413, "payload_too_large", f"The body is larger than {most >> 20} MiB."


def _refuse(method: str, path: str, headers: dict[bytes, bytes]) -> tuple[int, str, str] | None:
    """Return status, code and detail for what need not be read; None to go on."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return None
    length = headers.get(b"content-length")
    if length is not None and length.isdigit() and int(length) > (most := most_body(path)):
        return _too_large(most)
    has_body = length not in (None, b"0") or b"transfer-encoding" in headers
    kind = headers.get(b"content-type", b"application/json").partition(b";")[0].strip().lower()
    if has_body and kind != b"application/json":
        return 415, "unsupported_media_type", "Send JSON with Content-Type: application/json."
    return None


def _request_id(given: bytes | None) -> str:
    """Keep a caller's id when it is harmless in logs, else make one."""
    if given is not None and _ID.fullmatch(given):
        return given.decode()
    return f"{_PROCESS}-{next(_NUMBERS):x}"  # unique, not secret
