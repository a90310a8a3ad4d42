"""Reads that are asked for at the same time share one round trip.

An API process serves many small requests at once. Each needs one session and one row, and the
round trip costs ten times what the row does. So a request's key joins the batch that has not
started yet; a batch never answers a request that came after it was sent, so everybody reads what
was true when, or after, they asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Batcher(Generic[K, V]):
    """Looks values up by key, many in one call.

    Args:
        load: given the distinct keys, returns the values of those that exist.
        most: keys in one call.
        at_once: calls under way at once; what is asked for meanwhile gathers for the next one.
    """

    def __init__(
        self,
        load: Callable[[list[K]], Awaitable[Mapping[K, V]]],
        most: int = 200,
        at_once: int = 1,
    ) -> None:
        self._load = load
        self._most = most
        self._at_once = at_once
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._scheduled = False

    async def get(self, key: K) -> V | None:
        """Return the value of a key, or None; raises what `load` raises."""
        return await self.ask(key)

    def ask(self, key: K) -> "asyncio.Future[V | None]":
        """Have a value looked up while something else is done; what is awaited is as of `get`."""
        loop = asyncio.get_running_loop()
        # One for each caller, so that one who goes away takes the answer from nobody.
        future: asyncio.Future[V | None] = loop.create_future()
        self._waiting.setdefault(key, []).append(future)
        if not self._scheduled and len(self._running) < self._at_once:
            self._scheduled = True
            loop.call_soon(self._start)  # after all that is ready to run in this turn
        return future

    def _start(self) -> None:
        self._scheduled = False
        if not self._waiting or len(self._running) >= self._at_once:
            return
        keys = list(self._waiting)[: self._most]
        batch = {key: self._waiting.pop(key) for key in keys}
        task = asyncio.get_running_loop().create_task(self._fill(batch))
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        self._start()

    async def _fill(self, batch: dict[K, list["asyncio.Future[V | None]"]]) -> None:
        try:
            found = await self._load(list(batch))
        except Exception as error:  # noqa: BLE001 - it is handed to each who asked
            for future in _waiting(batch.values()):
                future.set_exception(error)
                future.exception()  # who asked may have gone away without looking
        else:
            for key, futures in batch.items():
                for future in _waiting([futures]):
                    future.set_result(found.get(key))


def _waiting(
    groups: Iterable[list["asyncio.Future[V | None]"]],
) -> Iterator["asyncio.Future[V | None]"]:
    return (future for group in groups for future in group if not future.done())
