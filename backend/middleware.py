"""What happens to every request: an id, a limit on its body, a log line, figures, a last resort.

One plain ASGI layer, because each of Starlette's own would cost as much as a small route.
"""

import re
import time
from functools import cache
from itertools import count

import structlog
from prometheus_client import Counter, Histogram
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import problem
from core import log
from core.ids import new_token

_log = log.get(__name__)
_access = log.get("backend.access")
_MAX_BODY = 1024 * 1024  # bytes; files never pass through here
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_NO_STORE = (b"cache-control", b"no-store")
_PROCESS = new_token(72)
_NUMBERS = count(1)
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})

REQUESTS = Counter("framemill_http_requests", "Requests answered.", ["method", "route", "status"])
SECONDS = Histogram("framemill_http_seconds", "Time until the answer began, in seconds.", ["route"])


class _BodyTooLarge(HTTPException):
    """Of a kind that FastAPI passes on while it reads a body; others it takes for a bad body."""

    def __init__(self) -> None:
        super().__init__(413, _TOO_LARGE[2])


class RequestLayer:
    """Wraps an ASGI app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = _request_id(headers.get(b"x-request-id"))
        scope["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        exchange = _Exchange(scope, receive, send, request_id)
        refusal = _refuse(scope["method"], headers)
        if refusal is not None:
            await exchange.answer(*refusal)
        else:
            try:
                await self._app(scope, exchange.receive, exchange.send)
            except _BodyTooLarge:
                await exchange.answer(*_TOO_LARGE)
            except Exception:  # noqa: BLE001 - the last resort; it is logged and answered
                _log.exception("unhandled_error")
                await exchange.answer(500, "internal_error", "Something went wrong on our side.")
        exchange.record()


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._request_id = request_id
        self._started = time.perf_counter()
        self._seconds = 0.0
        self._body = 0
        self._status = 0

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._body += len(message.get("body", b""))
            if self._body > _MAX_BODY:
                raise _BodyTooLarge
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._seconds = time.perf_counter() - self._started
            headers = message.setdefault("headers", [])
            headers.append((b"x-request-id", self._request_id.encode()))
            headers.extend(_SECURITY_HEADERS)
            # Only what says that it may be kept is kept.
            if not any(name == b"cache-control" for name, _ in headers):
                headers.append(_NO_STORE)
        await self._send(message)

    async def answer(self, status: int, code: str, detail: str) -> None:
        """Answer with a problem, unless an answer has begun: then only closing is left."""
        if self._status:
            return
        response = problem(self._scope["path"], self._request_id, status, code, detail)
        await response(self._scope, self._receive, self.send)

    def record(self) -> None:
        route = self._scope.get("route")
        name = getattr(route, "path", "none")  # never the path itself: anybody could invent labels
        requests, seconds = _figures(self._scope["method"], name, self._status)
        requests.inc()
        seconds.observe(self._seconds)
        if self._scope["path"] not in _QUIET:
            _access.info(
                "request",
                method=self._scope["method"],
                path=self._scope["path"],
                status=self._status,
                ms=round(self._seconds * 1000, 1),
            )


@cache  # looking labels up takes longer than counting
def _figures(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, status), SECONDS.labels(route)


_TOO_LARGE = (413, "payload_too_large", "The body is larger than 1 MiB.")


def _refuse(method: str, headers: dict[bytes, bytes]) -> tuple[int, str, str] | None:
    """Return status, code and detail for what need not be read; None to go on."""
    if method in ("GET", "HEAD", "OPTIONS"):
        return None
    length = headers.get(b"content-length")
    if length is not None and length.isdigit() and int(length) > _MAX_BODY:
        return _TOO_LARGE
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
