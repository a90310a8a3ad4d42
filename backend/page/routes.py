"""The page over HTTP: its files, and `index.html` for every address that is one of the page's own.

It takes what no route of the API has taken, and is no part of the OpenAPI document.
"""

import hashlib
from collections.abc import Collection
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from backend.page import files
from backend.page.negotiation import accepted, is_held
from backend.page.policy import guards
from core.config import Settings

_INDEX = "index.html"
_ASSETS = "assets"  # the build puts a hash of the content into their names
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"


class PageRoute(Route):
    """Answers GET and HEAD of whatever lies outside the API's own addresses.

    Args:
        page: what answers.
        taken: the first segments of the API's addresses; there it is as if this were not here.
    """

    def __init__(self, page: "Page", taken: Collection[str]) -> None:
        super().__init__("/{path:path}", page.answer, methods=["GET"])
        self._taken = frozenset(taken)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match in full or not at all: another method finds nothing here."""
        match, child = super().matches(scope)
        if match is not Match.FULL or child["path_params"]["path"].split("/")[0] in self._taken:
            return Match.NONE, {}
        child["route"] = self  # by which requests are counted
        return match, child


class Page:
    """A built page.

    Args:
        directory: where it was built to.
        settings: of the API that serves it.

    Raises:
        ValueError: there is no page.
    """

    def __init__(self, directory: Path, settings: Settings) -> None:
        if not (directory / _INDEX).is_file():
            raise ValueError(f"PAGE_DIR: {directory} has no {_INDEX}")
        self._directory = directory
        self._guards = guards(settings)
        # The headers of what a browser holds stay with it: other ones make it another answer.
        self._guards_tag = _tag(repr(self._guards))

    async def answer(self, request: Request) -> Response:
        """Return a file, or `index.html` to whoever navigates.

        Raises:
            HTTPException: 404, there is neither.
        """
        name = request.path_params["path"] or _INDEX
        if name == "config.json":
            return self._config(request)
        codings = accepted(request.headers.get("accept-encoding", ""))
        found = files.find(self._directory, name, codings)
        in_assets = name.split("/")[0] == _ASSETS
        if found is not None:
            return self._file(request, found, _FOR_EVER if in_assets else _ASK_FIRST)
        if not in_assets and "text/html" in accepted(request.headers.get("accept", "")):
            index = files.find(self._directory, _INDEX, codings)
            if index is not None:
                return self._file(request, index, _ASK_FIRST, vary="Accept, Accept-Encoding")
        raise HTTPException(404)

    def _file(
        self, request: Request, found: files.Found, keep: str, vary: str = "Accept-Encoding"
    ) -> Response:
        status = found.status
        tag = _tag(f"{status.st_mtime_ns} {status.st_size} {self._guards_tag}")
        headers = {**self._guards, "Cache-Control": keep, "ETag": tag, "Vary": vary}
        if _holds(request, tag):
            return Response(status_code=304, headers=headers)
        if found.coding is not None:
            headers["Content-Encoding"] = found.coding
        return FileResponse(
            found.path, headers=headers, media_type=found.media_type, stat_result=status
        )

    def _config(self, request: Request) -> Response:
        """Tell the page where the API is: here."""
        answer = JSONResponse({"api_url": ""})
        tag = _tag(f"{bytes(answer.body)!r} {self._guards_tag}")
        headers = {**self._guards, "Cache-Control": _ASK_FIRST, "ETag": tag}
        if _holds(request, tag):
            return Response(status_code=304, headers=headers)
        answer.headers.update(headers)
        return answer


def _holds(request: Request, tag: str) -> bool:
    return is_held(request.headers.get("if-none-match", ""), tag)


def _tag(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
