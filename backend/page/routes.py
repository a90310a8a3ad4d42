"""The page over HTTP: its files, and `index.html` for every address of the page.

It answers what no route of the API answers, and is not in the OpenAPI document. Starlette's own
StaticFiles sends no packed files, and knows no `index.html` for other addresses.
"""

import hashlib
import re
from collections.abc import Collection
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.staticfiles import NotModifiedResponse
from starlette.types import Receive, Scope, Send

from backend.page import files
from backend.page.policy import guards
from backend.settings import Settings

_INDEX = "index.html"
_ASSETS = "assets"  # the build puts a hash of the content into their names
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"
_REFUSED = re.compile(r"q=0(\.0*)?")


class Page:
    """A built page: answers GET and HEAD of whatever lies outside the API's own addresses.

    Args:
        directory: where it was built to.
        settings: of the API that serves it.
        taken: the first segments of the API's addresses; there it is as if this were not here.

    Raises:
        ValueError: there is no page.
    """

    path = "/{path:path}"  # under which its requests are counted

    def __init__(self, directory: Path, settings: Settings, taken: Collection[str]) -> None:
        if not (directory / _INDEX).is_file():
            raise ValueError(f"PAGE_DIR: {directory} has no {_INDEX}")
        self._directory = directory
        self._guards = guards(settings)
        self._taken = frozenset(taken)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a file, or `index.html` for an address of the page.

        Raises:
            HTTPException: 404, there is neither.
        """
        scope["route"] = self
        response = self._answer(Request(scope))
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        name = request.scope["path"].removeprefix("/") or _INDEX
        first = name.split("/")[0]
        if request.method != "GET" or first in self._taken:
            raise HTTPException(404)
        if name == "config.json":  # where the API is: here
            return self._guarded(request, JSONResponse({"api_url": ""}), _ASK_FIRST)
        codings = _accepted(request, "accept-encoding")
        found, vary = files.find(self._directory, name, codings), "Accept-Encoding"
        if found is None and first != _ASSETS and "text/html" in _accepted(request, "accept"):
            found, vary = files.find(self._directory, _INDEX, codings), "Accept, Accept-Encoding"
        if found is None:
            raise HTTPException(404)
        headers = {"Vary": vary}
        if found.coding is not None:
            headers["Content-Encoding"] = found.coding
        response = FileResponse(
            found.path, headers=headers, media_type=found.media_type, stat_result=found.status
        )
        return self._guarded(request, response, _FOR_EVER if first == _ASSETS else _ASK_FIRST)

    def _guarded(self, request: Request, response: Response, keep: str) -> Response:
        # The headers of what a browser holds stay with it: other ones make it another answer.
        content = f"{response.raw_headers} {getattr(response, 'body', '')} {self._guards}"
        tag = f'"{hashlib.sha256(content.encode()).hexdigest()[:32]}"'
        response.headers.update({**self._guards, "Cache-Control": keep, "ETag": tag})
        held = request.headers.get("if-none-match", "").split(",")  # RFC 9110, 13.1.2
        if {tag, "*"} & {each.strip().removeprefix("W/") for each in held}:
            return NotModifiedResponse(response.headers)
        return response


def _accepted(request: Request, header: str) -> frozenset[str]:
    """Return what a header lists and does not refuse by `q=0`."""
    found = set()
    for item in request.headers.get(header, "").lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        if name and not any(_REFUSED.fullmatch(parameter) for parameter in parameters):
            found.add(name)
    return frozenset(found)
