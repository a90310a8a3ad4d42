"""Many clients of the API at once, in one process: each call is timed and its answer counted."""

import asyncio
import json
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

_PATIENCE_S = 30.0  # a call that takes longer counts as one that hangs
_LONGEST_S = 30.0  # after that nobody begins another upload


@dataclass
class Tally:
    """What came back.

    Attributes:
        seconds: by kind of call, of those that were answered.
        answers: how many, by kind of call and status; without an answer the error's name.
        videos: token of the owner and id, of those whose upload was acknowledged.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answers: Counter[str] = field(default_factory=Counter)
    videos: list[tuple[str, str]] = field(default_factory=list)

    def outside(self, *expected: int) -> int:
        """Return how many calls had another outcome than these statuses."""
        fine = {str(status) for status in expected}
        return sum(
            count for name, count in self.answers.items() if name.rpartition(" ")[2] not in fine
        )


class Caller:
    """Calls the API, or the store, and notes what came of it."""

    def __init__(self, http: aiohttp.ClientSession, tally: Tally) -> None:
        self._http = http
        self._tally = tally

    async def call(
        self, kind: str, method: str, url: str, token: str = "", **more: Any
    ) -> tuple[int, bytes]:
        """Return status and body; status 0 when no answer came."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        begun = time.perf_counter()
        try:
            async with self._http.request(method, url, headers=headers, **more) as answer:
                status, body = answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._tally.answers[f"{kind} {type(error).__name__}"] += 1
            return 0, b""
        self._tally.seconds[kind].append(time.perf_counter() - begun)
        self._tally.answers[f"{kind} {status}"] += 1
        return status, body


def session(server: str) -> aiohttp.ClientSession:
    """Return a session that opens as many connections as there are calls."""
    return aiohttp.ClientSession(
        server,
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=_PATIENCE_S),
    )


def small_film(clip: bytes, least: int, most: int) -> bytes:
    """Return a film like no other: a clip, then a `free` box (ISO/IEC 14496-12, 8.1.2) of noise."""
    room = max(8, random.randint(least, most) - len(clip))
    return clip + room.to_bytes(4) + b"free" + os.urandom(room - 8)


async def upload(caller: Caller, tally: Tally, token: str, film: bytes) -> None:
    """Take a film from the first call to the acknowledged upload; stop at the first refusal."""
    begun = time.perf_counter()
    wanted = {"filename": "clip.mp4", "size": len(film)}
    status, body = await caller.call("create", "POST", "/v1/uploads", token, json=wanted)
    if status != 201:
        return
    begun_upload = json.loads(body)
    path = f"/v1/uploads/{begun_upload['id']}"
    status, body = await caller.call(
        "sign", "POST", f"{path}/parts", token, json={"part_numbers": [1]}
    )
    if status != 200:
        return
    status, _ = await caller.call("put", "PUT", json.loads(body)["parts"][0]["url"], data=film)
    if status != 200:
        return
    status, _ = await caller.call("complete", "POST", f"{path}/complete", token)
    if status == 202:
        tally.seconds["upload"].append(time.perf_counter() - begun)
        tally.videos.append((token, begun_upload["video_id"]))


async def crowd(
    server: str, tokens: Sequence[str], clip: bytes, *, clients: int, films: int
) -> tuple[Tally, float]:
    """Have many clients upload films at the same time; return what came back and the seconds."""
    tally = Tally()
    async with session(server) as http:
        caller = Caller(http, tally)

        async def one(token: str) -> None:
            for _ in range(films):
                if time.perf_counter() - begun > _LONGEST_S:
                    return
                await upload(caller, tally, token, small_film(clip, 50_000, 100_000))

        begun = time.perf_counter()
        await asyncio.gather(*(one(tokens[number % len(tokens)]) for number in range(clients)))
        return tally, time.perf_counter() - begun


async def storm(server: str, videos: Sequence[tuple[str, str]], count: int) -> Tally:
    """Send many different requests at the same moment, and ask meanwhile whether all is well."""
    tally = Tally()
    async with session(server) as http:
        caller = Caller(http, tally)

        async def one(number: int) -> None:
            token, video_id = videos[number % len(videos)]
            match number % 3:
                case 0:
                    await caller.call("library", "GET", "/v1/videos", token)
                case 1:
                    await caller.call("video", "GET", f"/v1/videos/{video_id}", token)
                case _:
                    wanted = {"filename": "clip.mp4", "size": 1}
                    await caller.call("create", "POST", "/v1/uploads", token, json=wanted)

        async def watch() -> None:
            while True:
                await caller.call("healthz", "GET", "/healthz")
                await asyncio.sleep(0.05)

        watching = asyncio.create_task(watch())
        await asyncio.gather(*(one(number) for number in range(count)))
        watching.cancel()
        await asyncio.wait({watching})
    return tally


async def library(server: str, token: str) -> dict[str, str]:
    """Return the states of all videos of a user, by id."""
    found: dict[str, str] = {}
    async with session(server) as http:
        asked = {"limit": "100", "state": "queued"}
        cursor: str | None = ""
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            headers = {"Authorization": f"Bearer {token}"}
            async with http.get("/v1/videos", params=asked | more, headers=headers) as answer:
                page = await answer.json()
            found |= {item["id"]: item["state"] for item in page["items"]}
            cursor = page["next_cursor"]
    return found
