"""A person with the page open who uploads one film, request by request as the page sends them."""

import asyncio
import json
import secrets
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from bench.counting.formula import windows
from bench.errors import MeasureError

_CONNECTIONS = 4  # frontend/src/uploads: parts under way at once
_PAGE = 24  # frontend/src/library/useLibrary.ts
_MARGIN_S = 20.0  # frontend/src/api/session.ts
_ENDED = ("ready", "failed", "cancelled", "deleted")


@dataclass
class Visit:
    """What came of a film.

    Attributes:
        video: as the stream told it last.
        told: how many times the stream told of a video.
        asked: when the upload was completed; of `time.monotonic`, as the others.
        ready: when the stream told that the film is ready.
    """

    video: dict[str, Any] = field(default_factory=dict)
    told: int = 0
    asked: float = 0.0
    ready: float = 0.0


class Visitor:
    """One account at an API, in one browser; a new account is opened.

    Args:
        server: address of the API.
        patience_s: how long a film may take.
    """

    def __init__(self, server: str, patience_s: float) -> None:
        self._server = server
        self._patience_s = patience_s
        self._login = {
            "email": f"{secrets.token_hex(8)}@framemill.example",
            "password": secrets.token_urlsafe(24),
        }
        httpx.post(
            f"{server}/v1/auth/register", json=self._login, trust_env=False, timeout=60
        ).raise_for_status()
        self._headers: dict[str, str] = {}
        self._until = 0.0

    def job_log(self, video_id: str) -> str:
        """Return the log of a film's job, once it has been transcoded."""
        address = f"{self._server}/v1/videos/{video_id}/jobs"
        jobs = httpx.get(address, headers=self._headers, trust_env=False).raise_for_status().json()
        log = httpx.get(jobs["items"][0]["log_url"], trust_env=False)
        return log.raise_for_status().text

    async def film(self, file: Path) -> Visit:
        """Log in, open the page, upload a film, wait until it is ready, and look at the library.

        Raises:
            MeasureError: it did not become ready.
        """
        visit = Visit()
        async with (
            httpx.AsyncClient(base_url=self._server, trust_env=False, timeout=120) as self._api,
            httpx.AsyncClient(trust_env=False, timeout=300) as self._store,
        ):
            try:
                async with asyncio.timeout(self._patience_s):
                    await self._stay(file, visit)
            except TimeoutError:
                raise MeasureError(f"The film took longer than {self._patience_s:g} s.") from None
        if visit.video["state"] != "ready":
            raise MeasureError(f"The film ended as {visit.video['state']}.")
        return visit

    async def _stay(self, file: Path, visit: Visit) -> None:
        self._keep(await self._ask("POST", "/v1/auth/login", self._login | {"client": "browser"}))
        opened, ended = asyncio.Event(), asyncio.Event()
        following = asyncio.create_task(self._follow(visit, opened, ended))
        try:
            await opened.wait()
            await self._look()
            await self._ask("GET", "/v1/limits")
            await self._upload(file, visit)
            await ended.wait()
            visit.ready = time.monotonic()
            await self._renew()
            await self._look()
        finally:
            following.cancel()
            await asyncio.wait({following})

    def _keep(self, answer: dict[str, Any]) -> None:
        """Keep an access token until shortly before it ends."""
        self._until = time.monotonic() + answer["expires_in"] - _MARGIN_S
        self._headers = {"Authorization": f"Bearer {answer['access_token']}"}
        self._api.headers.update(self._headers)

    async def _renew(self) -> None:
        """Show the cookie for a new access token when the old one ends."""
        if time.monotonic() > self._until:
            self._keep(await self._ask("POST", "/v1/auth/refresh"))

    async def _look(self) -> None:
        """Ask for the first page of the library, and for the posters that are on it."""
        page = await self._ask("GET", f"/v1/videos?limit={_PAGE}&sort=newest")
        for item in page["items"]:
            if item["poster_url"]:
                (await self._store.get(item["poster_url"])).raise_for_status()

    async def _upload(self, file: Path, visit: Visit) -> None:
        wanted = {"filename": file.name, "size": file.stat().st_size, "content_type": "video/mp4"}
        key = {"Idempotency-Key": str(uuid.uuid4())}
        begun = await self._ask("POST", "/v1/uploads", wanted, key)
        visit.video = {"id": begun["video_id"]}
        path = f"/v1/uploads/{begun['id']}"
        etags: dict[int, str] = {}
        for numbers in windows(begun["part_count"]):
            etags |= await self._send(file, path, begun["part_size"], numbers)
        named = [{"part_number": number, "etag": etags[number]} for number in sorted(etags)]
        visit.asked = time.monotonic()
        await self._ask("POST", f"{path}/complete", {"parts": named})

    async def _send(
        self, file: Path, path: str, part_size: int, numbers: Sequence[int]
    ) -> dict[int, str]:
        """Send one window of parts; return their ETags by number."""
        signed = await self._ask("POST", f"{path}/parts", {"part_numbers": list(numbers)})
        gate = asyncio.Semaphore(_CONNECTIONS)

        async def one(part: dict[str, Any]) -> tuple[int, str]:
            async with gate:
                body = await asyncio.to_thread(
                    _slice, file, (part["part_number"] - 1) * part_size, part["size"]
                )
                answer = await self._put(part["url"], body)
                return part["part_number"], answer.headers["ETag"]

        return dict(await asyncio.gather(*(one(part) for part in signed["parts"])))

    async def _put(self, url: str, body: bytes) -> httpx.Response:
        """Send a part as a browser does: it asks first whether this page may."""
        asking = {"Origin": self._server, "Access-Control-Request-Method": "PUT"}
        (await self._store.options(url, headers=asking)).raise_for_status()
        answer = await self._store.put(url, content=body, headers={"Origin": self._server})
        return answer.raise_for_status()

    async def _follow(self, visit: Visit, opened: asyncio.Event, ended: asyncio.Event) -> None:
        """Listen to the page's stream until the film has ended; it stays open until cancelled."""
        async with self._api.stream("GET", "/v1/events", timeout=60) as answer:
            answer.raise_for_status()
            opened.set()
            async for line in answer.aiter_lines():
                if line.startswith("data: "):
                    visit.told += 1
                    told = json.loads(line.removeprefix("data: "))
                    if told["id"] == visit.video.get("id") and told["state"] in _ENDED:
                        visit.video = told
                        ended.set()

    async def _ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        answer = await self._api.request(method, path, json=body, headers=headers)
        if answer.is_error:
            raise MeasureError(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json()


def _slice(file: Path, start: int, size: int) -> bytes:
    with file.open("rb") as opened:
        opened.seek(start)
        return opened.read(size)
