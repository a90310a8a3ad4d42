"""Transactions that go on one statement at a time, when they are told to.

An actor is one request, or one step of a worker or a sweep. It stops before each statement, before
each commit and before each call of the store, until it is told to take the next step. So several
of them can be interleaved in any way that the database allows, and by choice instead of by luck.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from core.adapters.postgres import Database

_LOOK_S = 0.002
_PATIENCE_S = 60.0

_actor: ContextVar["Actor | None"] = ContextVar("actor", default=None)


async def checkpoint() -> None:
    """Wait for the present actor's next step."""
    actor = _actor.get()
    if actor is not None:
        await actor.stop()


class Actor:
    """Something that is done, step by step.

    Attributes:
        name: for the history of a failure.
        steps: taken so far.
    """

    def __init__(self, name: str, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        self.name = name
        self.steps = 0
        self._go = asyncio.Event()
        self._stopped = asyncio.Event()
        self._pids: set[int] = set()  # a round has several rows under way
        self._task = asyncio.get_running_loop().create_task(self._run(work))

    async def _run(self, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        _actor.set(self)
        await self.stop()
        await work()

    async def stop(self) -> None:
        """Stand still until the next step."""
        self._stopped.set()
        await self._go.wait()
        self._go.clear()

    def connected(self, pid: int) -> None:
        """Note a server process that serves the actor, or did."""
        self._pids.add(pid)

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self._task.done()

    @property
    def standing(self) -> bool:
        """Whether it can take a step; one that waits for a lock cannot."""
        return not self.ended and self._stopped.is_set()

    def outcome(self) -> BaseException | None:
        """Return what it raised, once it has ended."""
        return self._task.exception()

    async def step(self, db: Database) -> None:
        """Take a step; return when it stands again, has ended, or waits for somebody's lock."""
        self.steps += 1
        self._stopped.clear()
        self._go.set()
        deadline = asyncio.get_running_loop().time() + _PATIENCE_S
        while not (self.ended or self._stopped.is_set()):
            await asyncio.sleep(_LOOK_S)
            if self._pids and await _waits_for_a_lock(db, self._pids):
                return
            late = asyncio.get_running_loop().time() >= deadline
            assert not late, f"{self.name} neither ends nor waits for a lock"

    async def cancel(self) -> None:
        """Leave nothing behind."""
        self._task.cancel()
        await asyncio.wait({self._task})


async def _waits_for_a_lock(db: Database, pids: set[int]) -> bool:
    statement = text(
        "SELECT bool_or(cardinality(pg_blocking_pids(pid)) > 0)"
        " FROM unnest(CAST(:pids AS integer[])) AS pid"
    )
    async with db.autocommit() as connection:
        return bool(await connection.scalar(statement, {"pids": sorted(pids)}))


class PacedConnection:
    """A connection whose statements are steps."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def execute(self, *arguments: Any, **named: Any) -> Any:
        """Execute a statement as the next step."""
        await checkpoint()
        return await self._connection.execute(*arguments, **named)

    async def scalar(self, *arguments: Any, **named: Any) -> Any:
        """Execute a statement as the next step."""
        await checkpoint()
        return await self._connection.scalar(*arguments, **named)

    async def scalars(self, *arguments: Any, **named: Any) -> Any:
        """Execute a statement as the next step."""
        await checkpoint()
        return await self._connection.scalars(*arguments, **named)


class PacedDatabase:
    """In the place of `Database` for actors."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[PacedConnection]:
        """Open a transaction; its commit is a step too."""
        async with self._db.begin() as connection:
            await self._note(connection)
            yield PacedConnection(connection)
            await checkpoint()

    @asynccontextmanager
    async def autocommit(self) -> AsyncIterator[PacedConnection]:
        """Lend a connection for reading."""
        async with self._db.autocommit() as connection:
            await self._note(connection)
            yield PacedConnection(connection)

    async def ping(self) -> None:
        """Ask for an answer."""
        async with self.autocommit() as connection:
            await connection.execute(text("SELECT 1"))

    async def _note(self, connection: AsyncConnection) -> None:
        actor = _actor.get()
        if actor is not None:
            raw = await connection.get_raw_connection()
            actor.connected(raw.driver_connection.get_server_pid())  # type: ignore[union-attr]


class PacedStorage:
    """A store in memory whose every call is a step; only what the actors need of it."""

    def __init__(self) -> None:
        self.uploads: dict[str, tuple[str, list[Any]]] = {}
        self.objects: dict[str, int] = {}
        self._count = 0

    async def create_upload(self, key: str, content_type: str, tags: str = "") -> str:
        """Begin a multipart upload."""
        await checkpoint()
        self._count += 1
        upload_id = f"upload-{self._count}"
        self.uploads[upload_id] = (key, [])
        return upload_id

    async def list_parts(self, key: str, upload_id: str) -> list[Any] | None:
        """Return the parts of an upload; None when it is not open."""
        await checkpoint()
        found = self.uploads.get(upload_id)
        return None if found is None else [*found[1]]

    async def is_open(self, key: str, upload_id: str) -> bool:
        """Tell whether an upload is open."""
        await checkpoint()
        return upload_id in self.uploads

    async def complete_upload(self, key: str, upload_id: str, parts: Any) -> None:
        """Make the object."""
        await checkpoint()
        found = self.uploads.pop(upload_id, None)
        if found is not None:
            self.objects[key] = sum(part.size for part in found[1])

    async def abort_upload(self, key: str, upload_id: str) -> None:
        """Drop an upload."""
        await checkpoint()
        self.uploads.pop(upload_id, None)

    async def abort_uploads(self, prefix: str) -> None:
        """Drop every upload under a prefix."""
        await checkpoint()
        for upload_id in [id_ for id_, (key, _) in self.uploads.items() if key.startswith(prefix)]:
            del self.uploads[upload_id]

    async def head(self, key: str) -> Any:
        """Return size and ETag of an object."""
        await checkpoint()
        from core.adapters.s3 import ObjectInfo

        size = self.objects.get(key)
        return None if size is None else ObjectInfo(size, '"etag"')

    async def delete_prefix(self, prefix: str) -> int:
        """Delete objects."""
        await checkpoint()
        found = [key for key in self.objects if key.startswith(prefix)]
        for key in found:
            del self.objects[key]
        return len(found)

    async def sign_get(self, key: str, expires_s: int, **_more: Any) -> str:
        """Return something like a URL."""
        return f"https://store.example/{key}"


Work = Callable[[], Awaitable[object]]
