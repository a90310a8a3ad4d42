"""Which pages of other origins may use the API."""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

from backend.http.paths import FOR_ANY_PAGE


class Cors(CORSMiddleware):
    """Starlette's, out of the way of who is no page of another origin: a twentieth of a request.

    No answer of the API is stored, so none needs a `Vary: Origin`.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if _is_asked_by_a_page(scope):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _is_asked_by_a_page(scope: Scope) -> bool:
    """Tell whether a page asks; what any page may read says so itself."""
    if scope["type"] != "http" or scope["path"].startswith(FOR_ANY_PAGE):
        return False
    return any(name == b"origin" for name, _ in scope["headers"])
