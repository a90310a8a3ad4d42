"""Reads that are asked for at the same time share one round trip.

An API process serves many small requests at once. Each needs one session and one row, and the
round trip costs ten times what the row does. So a request's key joins the batch that has not
started yet; a batch never answers a request that came after it was sent, so everybody reads what
was true when, or after, they asked.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
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
        at_once: int = 2,
    ) -> None:
        self._load = load
        self._most = most
        self._at_once = at_once
        self._waiting: dict[K, asyncio.Future[V | None]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._scheduled = False

    async def get(self, key: K) -> V | None:
        """Return the value of a key, or None; raises what `load` raises."""
        future = self._waiting.get(key)
        if future is None:
            future = asyncio.get_running_loop().create_future()
            self._waiting[key] = future
        if not self._scheduled and len(self._running) < self._at_once:
            self._scheduled = True
            # After everything that is ready to run in this turn of the loop.
            asyncio.get_running_loop().call_soon(self._start)
        # One caller that goes away must not take the answer from the others.
        return await asyncio.shield(future)

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

    async def _fill(self, batch: dict[K, "asyncio.Future[V | None]"]) -> None:
        try:
            found = await self._load(list(batch))
        except Exception as error:  # noqa: BLE001 - it is handed to each who asked
            for future in batch.values():
                if not future.cancelled():
                    future.set_exception(error)
                    future.exception()  # seen: nobody may be waiting any more
        else:
            for key, future in batch.items():
                if not future.cancelled():
                    future.set_result(found.get(key))
