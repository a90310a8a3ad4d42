"""Routes that players of any page may ask: who has the address needs nothing else."""

from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute
from starlette.types import Message, Receive, Scope, Send

# No cookie and no other credential is looked at, so that a foreign page learns only what it could
# fetch by itself. A redirect from one origin to another makes a browser's `Origin` `null`: nothing
# but `*` would let it through.
_HEADERS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Content-Length, Content-Range, Retry-After, X-Request-ID"),
]
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


class OpenRoute(APIRoute):
    """Says of every answer, errors too, that any page may read it."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        inner = self.app

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            async def say(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
                await send(message)

            await inner(scope, receive, say)

        self.app = app
