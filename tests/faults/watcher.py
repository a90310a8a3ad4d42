"""Who follows a stream of changes as a page does: comes again when it ends, and compares."""

import asyncio
import json
import socket
import struct
import time
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx

from tests.faults.history import VideoChange
from tests.faults.processes import Process
from tests.faults.world import World

_AGAIN_S = 0.1
_SILENCE_S = 45.0  # three keep-alives: then the page takes a connection for dead


@dataclass(frozen=True)
class Told:
    """What was learnt of a video, and when, in seconds since the epoch.

    `version` is None when it is known to be gone from something else than an event.
    """

    at: float
    video_id: uuid.UUID
    version: int | None
    state: str
    stage: str | None = None
    progress: float = 0.0


@dataclass
class Watcher:
    """Follows a stream; `task` runs until it is cancelled, or the video is no more.

    Attributes:
        world: where.
        api: whom to ask.
        video_id: follow this one; all of the user when None.
        resumes: show the last event's id when coming again, as browsers do.
        connections: what was told on each connection, in order.
    """

    world: World
    api: Process
    video_id: uuid.UUID | None
    resumes: bool
    connections: list[list[Told]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._last = ""
        self._here = asyncio.Event()
        self._here.set()
        self._socket: Any = None
        self._reading: asyncio.Task[bool] | None = None
        self.task = asyncio.create_task(self._run())

    def learnt(self, video_id: uuid.UUID) -> list[Told]:
        """Everything that was learnt of a video, in order."""
        return [told for each in self.connections for told in each if told.video_id == video_id]

    def cut(self, *, rudely: bool) -> None:
        """Lose the connection: by a reset when rudely, else by closing it."""
        if rudely and self._socket is not None:
            with suppress(OSError):
                # To linger for no time makes of closing a reset (socket(7), SO_LINGER).
                self._socket.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
        if self._reading is not None:
            self._reading.cancel()

    def leave(self) -> None:
        """Lose the connection and do not come again before `come_back`."""
        self._here.clear()
        self.cut(rudely=False)

    def come_back(self) -> None:
        self._here.set()

    async def stop(self) -> None:
        """End, and raise what went wrong in here."""
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task

    async def _run(self) -> None:
        over = False
        while not over:
            await self._here.wait()
            self._reading = asyncio.create_task(self._read())
            try:
                await asyncio.wait({self._reading})
            finally:
                self._reading.cancel()
            if self._reading.cancelled():  # it was cut
                continue
            try:
                over = self._reading.result()
            except (httpx.HTTPError, OSError):
                over = False
            await asyncio.sleep(_AGAIN_S)

    async def _read(self) -> bool:
        """Read a connection to its end; return whether there is nothing to come again for."""
        path = "/v1/events" if self.video_id is None else f"/v1/videos/{self.video_id}/events"
        url = self.world.url(path, self.api)
        headers = {"Last-Event-ID": self._last} if self.resumes and self._last else {}
        timeout = httpx.Timeout(10, read=_SILENCE_S)
        async with self.world.http.stream("GET", url, headers=headers, timeout=timeout) as response:
            if response.status_code == 404 and self.video_id is not None:
                self.connections.append([Told(time.time(), self.video_id, None, "deleted")])
                return True
            if response.status_code != 200:
                return False  # the session is gone, or something behind the API is away
            network = response.extensions["network_stream"]
            self._socket = network.get_extra_info("socket")
            told: list[Told] = []
            before = {each.video_id for one in self.connections for each in one}
            self.connections.append(told)
            if self.video_id is None and before:
                told += await self._gone_meanwhile(before)
            await self._take(response, told)
            return False

    async def _take(self, response: httpx.Response, told: list[Told]) -> None:
        fields: dict[str, str] = {}
        async for line in response.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            if "data" in fields:
                self._last = fields["id"]
                told.append(_told(fields))
            fields = {}

    async def _gone_meanwhile(self, before: set[uuid.UUID]) -> list[Told]:
        """Ask for the library, as the page does when a stream has begun anew."""
        answer = await self.world.http.get(self.world.url("/v1/videos?limit=100", self.api))
        answer.raise_for_status()
        assert answer.json()["next_cursor"] is None, "more videos than a page has"
        there = {uuid.UUID(item["id"]) for item in answer.json()["items"]}
        return [Told(time.time(), video_id, None, "deleted") for video_id in before - there]


def _told(fields: Mapping[str, str]) -> Told:
    data = json.loads(fields["data"])
    video_id, version = uuid.UUID(data["id"]), int(fields["id"])
    assert version == data["version"], fields
    if fields["event"] == "deleted":
        return Told(time.time(), video_id, version, "deleted")
    return Told(
        time.time(), video_id, version, data["state"], data["stage"], float(data["progress"])
    )


def disorder(
    connections: Sequence[Sequence[Told]], video_id: uuid.UUID, changes: Sequence[VideoChange]
) -> list[str]:
    """Return what is wrong with how a video was told of. Pure.

    Within a connection each thing told is news: a version that is newer, or progress at the same
    one. From one connection to the next versions never fall. Progress never goes back within a
    job; nothing follows `deleted`; and each version is told as it was.

    Args:
        connections: what was told on each, of any videos.
        video_id: the one that is asked about.
        changes: everything that has happened to it.
    """
    was = {change.version: change for change in changes}
    runs = [[told for told in each if told.video_id == video_id] for each in connections]
    flat = [told for run in runs for told in run]
    faults = [fault for run in runs for pair in pairwise(run) for fault in _not_risen(*pair)]
    faults += [fault for pair in pairwise(flat) for fault in _backward(*pair, was)]
    return faults + [fault for told in flat for fault in _untrue(told, was)]


def _not_risen(before: Told, after: Told) -> list[str]:
    if before.version is None or after.version is None or after.version > before.version:
        return []
    if after.version == before.version and _far(after) != _far(before):
        return []
    return [f"version {after.version} was told after {before.version}"]


def _far(told: Told) -> tuple[str | None, float]:
    return told.stage, told.progress


def _backward(before: Told, after: Told, was: Mapping[int, VideoChange]) -> list[str]:
    if before.state == "deleted":
        alive = after.state != "deleted"
        return [f"told as {after.state} after it was told to be deleted"] if alive else []
    if before.version is None or after.version is None or after.state == "deleted":
        return []
    faults = []
    if after.version < before.version:
        faults.append(f"version {after.version} on a connection after {before.version}")
    jobs = [was[version].job_id for version in (before.version, after.version) if version in was]
    if len(jobs) == 2 and jobs[0] == jobs[1] and after.progress < before.progress:
        faults.append(f"progress fell from {before.progress} to {after.progress}")
    return faults


def _untrue(told: Told, was: Mapping[int, VideoChange]) -> list[str]:
    if told.version is None:
        return []
    change = was.get(told.version)
    if change is None:
        return [f"version {told.version} was told, which never was"]
    possible = told.state == change.state
    if told.state in ("processing", "ready"):
        # Who works is at something; and what is ready is all made.
        possible &= (told.stage is None) == (told.state == "ready") == (told.progress == 100)
    return [] if possible else [f"{told} was told of {change}"]
