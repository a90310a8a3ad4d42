"""Uses Framemill as the page does in a browser: other origins, preflights, and a cookie.

What a browser would keep from the page, because an answer does not allow it, fails here.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import httpx

from tests.support.product import PASSWORD, wait_for

_SIMPLE = {"GET", "HEAD", "POST"}
_FINAL = {"ready", "failed", "cancelled"}


class Refused(Exception):
    """The browser would not give the answer to the page."""


_TROUBLE = (httpx.HTTPError, AssertionError, Refused)


class Browser:
    """A page of one origin, with the cookies of its browser."""

    def __init__(self, page: str, api: str) -> None:
        self.origin = page
        self.api = api
        self.http = httpx.Client(timeout=30, trust_env=False)
        self.email = ""
        self.token = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def fetch(
        self, method: str, url: str, *, credentials: bool = False, **more: Any
    ) -> httpx.Response:
        """Ask another origin, as `fetch` does.

        Raises:
            Refused: its CORS headers do not let this page see the answer.
        """
        request = self.http.build_request(method, url, **more)
        request.headers["Origin"] = self.origin
        if not credentials:
            request.headers.pop("Cookie", None)
        own = [name for name in more.get("headers", {}) if name.lower() != "range"]
        if "json" in more:
            own.append("content-type")
        if method not in _SIMPLE or own:
            self._preflight(method, url, own, credentials=credentials)
        answer = self.http.send(request)
        self._may_see(answer, credentials=credentials)
        return answer

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Ask the API, with the access token."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return self.fetch(method, self.api + path, headers=headers, credentials=True, **more)

    def register(self) -> None:
        """Make an account."""
        self.email = f"{secrets.token_hex(6)}@example.com"
        body = {"email": self.email, "password": PASSWORD}
        answer = self.call("POST", "/v1/auth/register", json=body)
        assert answer.status_code == 201, answer.text

    def log_in(self) -> None:
        """Begin a session."""
        self.token = ""
        body = {"email": self.email, "password": PASSWORD}
        answer = self.call("POST", "/v1/auth/login", json=body)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]

    def refresh(self) -> httpx.Response:
        """Exchange the cookie for a new access token, as the page does when it is opened."""
        self.token = ""
        answer = self.call("POST", "/v1/auth/refresh")
        if answer.status_code == 200:
            self.token = answer.json()["access_token"]
        return answer

    def begin(self, file: Path) -> dict[str, Any]:
        """Begin an upload."""
        body = {"filename": file.name, "size": file.stat().st_size}
        answer = self.call("POST", "/v1/uploads", json=body)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def send(self, upload: dict[str, Any], file: Path) -> None:
        """PUT all parts straight to the store."""
        numbers = list(range(1, upload["part_count"] + 1))
        answer = self.call(
            "POST", f"/v1/uploads/{upload['id']}/parts", json={"part_numbers": numbers}
        )
        assert answer.status_code == 200, answer.text
        with file.open("rb") as source:
            for part in answer.json()["parts"]:
                put = self.fetch("PUT", part["url"], content=source.read(part["size"]))
                assert put.status_code == 200, put.text
                assert "etag" in _exposed(put), "the page could not read the ETag"

    def complete(self, upload: dict[str, Any]) -> dict[str, Any]:
        """Say that all parts are there; return the video that is acknowledged."""
        answer = self.call("POST", f"/v1/uploads/{upload['id']}/complete")
        assert answer.status_code == 202, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def upload(self, file: Path) -> dict[str, Any]:
        """Upload a file from beginning to end."""
        upload = self.begin(file)
        self.send(upload, file)
        return self.complete(upload)

    def upload_whatever_happens(self, file: Path, seconds: float = 120) -> dict[str, Any]:
        """Upload as the page does while parts of the stack go away: again, until it is taken."""
        taken: list[dict[str, Any]] = []

        def is_taken() -> bool:
            try:
                taken.append(self.upload(file))
            except _TROUBLE as trouble:
                troubles.append(trouble)
                self._renew_if_ended()
            return bool(taken)

        troubles: list[Exception] = []
        wait_for(is_taken, seconds, lambda: repr(troubles[-1:]))
        return taken[0]

    def video(self, video_id: str) -> dict[str, Any]:
        """Look at a video."""
        answer = self.call("GET", f"/v1/videos/{video_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def until_final(self, video_id: str, seconds: float = 180) -> dict[str, Any]:
        """Look again and again until the video's state is one that stays."""
        found: dict[str, Any] = {}

        def ended() -> bool:
            try:
                found.update(self.video(video_id))
            except _TROUBLE:
                self._renew_if_ended()
                return False
            return found["state"] in _FINAL

        wait_for(ended, seconds, lambda: str(found))
        return found

    def _renew_if_ended(self) -> None:
        """Begin a new session when the store of sessions has lost the last second."""
        try:
            if self.call("GET", "/v1/me").status_code == 401 and self.refresh().status_code != 200:
                self.log_in()
        except _TROUBLE:
            return  # it comes back

    def _preflight(self, method: str, url: str, headers: list[str], *, credentials: bool) -> None:
        asked = {"Origin": self.origin, "Access-Control-Request-Method": method}
        if headers:
            asked["Access-Control-Request-Headers"] = ",".join(sorted(map(str.lower, headers)))
        answer = self.http.request("OPTIONS", url, headers=asked)
        if not answer.is_success:
            raise Refused(f"preflight of {method} {url}: {answer.status_code} {answer.text}")
        self._may_see(answer, credentials=credentials)
        allowed = _words(answer, "access-control-allow-headers")
        if not {name.lower() for name in headers} <= allowed:
            raise Refused(f"{url} does not allow {headers}: {allowed}")

    def _may_see(self, answer: httpx.Response, *, credentials: bool) -> None:
        allowed = answer.headers.get("access-control-allow-origin")
        if allowed != self.origin:
            raise Refused(f"{answer.url} is for {allowed}: {answer.status_code} {answer.text}")
        if credentials and answer.headers.get("access-control-allow-credentials") != "true":
            raise Refused(f"{answer.url} does not allow credentials")


@contextmanager
def somebody(page: str, api: str) -> Iterator[Browser]:
    """Lend a browser with a new account."""
    with Browser(page, api) as browser:
        browser.register()
        browser.log_in()
        yield browser


def _exposed(answer: httpx.Response) -> set[str]:
    return _words(answer, "access-control-expose-headers")


def _words(answer: httpx.Response, header: str) -> set[str]:
    return {word.strip().lower() for word in answer.headers.get(header, "").split(",")}
