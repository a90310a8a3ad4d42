"""Reads that are asked for at the same time share one round trip.

An API process serves many small requests at once. Each needs one session and one row, and the
round trip costs ten times as much as the row. So the key of a request joins the next batch. A batch
never answers a request that came after it was sent, so nobody reads old data.

A slow call delays nobody: later keys go into another call on another connection, and the keys of
the slow call are asked for once more. The first answer counts.
"""

import asyncio
from asyncio import Future, Task, TimerHandle
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Generic, TypeVar

from core.errors import Unavailable

K = TypeVar("K")
V = TypeVar("V")


class _Batch(Generic[K, V]):
    """What is asked for together, with the calls that ask for it: a second one if one is slow."""

    def __init__(self) -> None:
        self.asked: dict[K, list[Future[V | None]]] | None = None
        self.calls: set[Task[None]] = set()
        self.timer: TimerHandle | None = None
        self.is_answered = False
        self.error: Exception | None = None

    def answer(self, found: Mapping[K, V]) -> None:
        self.is_answered = True
        for key, futures in (self.asked or {}).items():
            value = found.get(key)
            for future in futures:
                if not future.done():
                    future.set_result(value)

    def fail(self, error: Exception) -> None:
        for futures in (self.asked or {}).values():
            for future in futures:
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # who asked may have gone away without looking


class Batcher(Generic[K, V]):
    """Looks values up by key, many in one call; what is asked for meanwhile waits for the next one.

    Args:
        load: given the distinct keys, returns the values of those that exist.
        dependency: who is asked, for the error when it does not answer.
    """

    most = 200  # keys in one call
    most_calls = 4  # under way at once
    # Nobody waits longer than this for a call that others made. Of a healthy dependency it is a
    # hundred times what an answer takes; of a frozen one, hardly felt.
    patience_s = 0.25
    # After so long it is cancelled, and who waits for it alone learns that. Shorter than the
    # patience of who asks (ANSWER_S), longer than a failover that is noticed.
    give_up_s = 5.0

    def __init__(
        self,
        load: Callable[[list[K]], Coroutine[Any, Any, Mapping[K, V]]],
        *,
        dependency: str = "A dependency",
    ) -> None:
        self._load = load
        self._dependency = dependency
        self._waiting: dict[K, list[Future[V | None]]] = {}
        self._calls: set[Task[None]] = set()
        self._gathering: _Batch[K, V] | None = None  # that others wait for

    def get(self, key: K) -> "Future[V | None]":
        """Have the value of a key looked up; to be awaited, perhaps after something else.

        The future has None for a key that is not there. It raises `Unavailable` when there was no
        answer in time; else whatever `load` raises.
        """
        # One for each caller, so that one who goes away takes the answer from nobody.
        future: Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        self._begin()
        return future

    async def close(self) -> None:
        """End the running calls; their callers get an error."""
        self.most_calls = 0
        for call in self._calls:
            call.cancel()
        if self._calls:
            await asyncio.wait(self._calls)

    def _begin(self) -> None:
        if self._waiting and not self._gathering and len(self._calls) < self.most_calls:
            self._gathering = _Batch()
            self._call(self._gathering)

    def _call(self, batch: _Batch[K, V]) -> None:
        call = asyncio.create_task(self._ask(batch))
        batch.calls.add(call)
        self._calls.add(call)
        call.add_done_callback(lambda call: self._ended(batch, call))

    def _ended(self, batch: _Batch[K, V], call: Task[None]) -> None:
        batch.calls.discard(call)
        self._calls.discard(call)
        if not batch.calls and batch.timer is not None:
            batch.timer.cancel()
        if not batch.calls and not batch.is_answered:  # nor will another call do that
            batch.fail(batch.error or self._silent())
        self._leave(batch)

    async def _ask(self, batch: _Batch[K, V]) -> None:
        if batch.asked is None:  # now, after all that was ready to run in the turn before
            batch.asked = self._next()
            loop = asyncio.get_running_loop()
            batch.timer = loop.call_later(self.patience_s, self._lose_patience, batch)
        try:
            batch.answer(await self._load(list(batch.asked)) if batch.asked else {})
        except Exception as error:  # noqa: BLE001 - it is handed to each who asked
            batch.error = error

    def _next(self) -> "dict[K, list[Future[V | None]]]":
        """Return the keys of the next call, without cancelled callers."""
        asked: dict[K, list[Future[V | None]]] = {}
        while self._waiting and len(asked) < self.most:
            key = next(iter(self._waiting))
            futures = [future for future in self._waiting.pop(key) if not future.done()]
            if futures:
                asked[key] = futures
        return asked

    def _leave(self, batch: _Batch[K, V]) -> None:
        """Let the next batch begin."""
        if self._gathering is batch:
            self._gathering = None
        self._begin()

    def _lose_patience(self, batch: _Batch[K, V]) -> None:
        """Have others not wait for a batch, and ask for it once more."""
        if len(self._calls) < self.most_calls:
            self._call(batch)
        left = max(0.0, self.give_up_s - self.patience_s)
        batch.timer = asyncio.get_running_loop().call_later(left, self._give_up, batch)
        self._leave(batch)

    def _give_up(self, batch: _Batch[K, V]) -> None:
        # Told at once: what is cancelled may take a while to put its connection away.
        batch.fail(self._silent())
        for call in batch.calls:
            call.cancel()

    def _silent(self) -> Unavailable:
        return Unavailable(f"{self._dependency} does not answer.")
