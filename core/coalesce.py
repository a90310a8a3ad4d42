"""Reads that are asked for at the same time share one round trip.

An API process serves many small requests at once. Each needs one session and one row, and the
round trip costs ten times as much as the row. So the key of a request joins the next batch. A batch
never answers a request that came after it was sent, so nobody reads old data.

A slow call delays nobody: later keys go into another call on another connection, and the keys of
the slow call are asked for once more. The first answer counts.
"""

import asyncio
from asyncio import Future, Task
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Generic, TypeVar

from core.errors import Unavailable

K = TypeVar("K")
V = TypeVar("V")

# Of a healthy dependency, a hundred times what an answer takes; of a frozen one, hardly felt.
_PATIENCE_S = 0.25
# Shorter than the patience of who asks (ANSWER_S), longer than a failover that is noticed.
_GIVE_UP_S = 5.0
_MOST_CALLS = 4


class Batcher(Generic[K, V]):
    """Looks values up by key, many in one call; what is asked for meanwhile waits for the next one.

    Args:
        load: given the distinct keys, returns the values of those that exist.
        dependency: who is asked, for the error when it does not answer.
        most: keys in one call.
        patience_s: nobody waits longer than this for a call that others made.
        give_up_s: after so long it is cancelled, and who waits for it alone learns that.
        most_calls: calls under way at once.
    """

    def __init__(
        self,
        load: Callable[[list[K]], Coroutine[Any, Any, Mapping[K, V]]],
        *,
        dependency: str = "A dependency",
        most: int = 200,
        patience_s: float = _PATIENCE_S,
        give_up_s: float = _GIVE_UP_S,
        most_calls: int = _MOST_CALLS,
    ) -> None:
        self._load = load
        self._dependency = dependency
        self._most = most
        self._patience_s = patience_s
        self._give_up_s = give_up_s
        self._most_calls = most_calls
        self._waiting: dict[K, list[Future[V | None]]] = {}
        self._calls: set[Task[Mapping[K, V]]] = set()
        self._rounds: set[Task[None]] = set()
        self._gathering: Task[None] | None = None  # the round that others wait for

    async def get(self, key: K) -> V | None:
        """Return the value of a key, or None.

        Raises:
            Unavailable: there was no answer in time; else whatever `load` raises.
        """
        return await self.ask(key)

    def ask(self, key: K) -> "Future[V | None]":
        """Have a value looked up while something else is done; what is awaited is as of `get`."""
        # One for each caller, so that one who goes away takes the answer from nobody.
        future: Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        self._begin()
        return future

    async def close(self) -> None:
        """End what is under way; who waits for it is told that there is no answer."""
        self._most_calls = 0
        for each in self._rounds:
            each.cancel()
        if self._rounds:
            await asyncio.wait(self._rounds)

    def _begin(self) -> None:
        if self._waiting and not self._gathering and len(self._calls) < self._most_calls:
            # It takes the keys when it runs: after all that is ready to run in this turn.
            self._gathering = asyncio.create_task(self._round())
            self._rounds.add(self._gathering)

    def _go_on(self) -> None:
        """Let the next round begin."""
        if self._gathering is asyncio.current_task():
            self._gathering = None
        self._begin()

    def _next(self) -> "dict[K, list[Future[V | None]]]":
        """Return what the next call asks for: nobody who has gone."""
        asked: dict[K, list[Future[V | None]]] = {}
        while self._waiting and len(asked) < self._most:
            key = next(iter(self._waiting))
            futures = [future for future in self._waiting.pop(key) if not future.done()]
            if futures:
                asked[key] = futures
        return asked

    async def _round(self) -> None:
        clock = asyncio.get_running_loop().time
        asked, give_up_at = self._next(), clock() + self._give_up_s
        pending = {self._call(asked)} if asked else set()
        try:
            if pending and not (await asyncio.wait(pending, timeout=self._patience_s))[0]:
                if len(self._calls) < self._most_calls:
                    pending.add(self._call(asked))
                self._go_on()
            while pending:
                left = max(0.0, give_up_at - clock())
                done, pending = await asyncio.wait(
                    pending, timeout=left, return_when=asyncio.FIRST_COMPLETED
                )
                if not done:
                    break
                for call in done:
                    _tell(asked, call, is_last=not pending)
        finally:
            # Told at once: what is cancelled may take a while to put its connection away.
            _fail(asked, Unavailable(f"{self._dependency} does not answer."))
            for call in pending:
                call.cancel()
            if pending:
                await asyncio.wait(pending)
            self._rounds.discard(asyncio.current_task())
            self._go_on()

    def _call(self, asked: "dict[K, list[Future[V | None]]]") -> "Task[Mapping[K, V]]":
        call = asyncio.create_task(self._load(list(asked)))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)
        return call


def _tell(
    asked: "dict[K, list[Future[V | None]]]", call: "Task[Mapping[K, V]]", *, is_last: bool
) -> None:
    """Hand an answer out; an error too, unless another call may still answer."""
    error = call.exception()
    if error is None:
        for key, futures in asked.items():
            value = call.result().get(key)
            for future in futures:
                if not future.done():
                    future.set_result(value)
    elif is_last:
        _fail(asked, error)


def _fail(asked: "dict[K, list[Future[V | None]]]", error: BaseException) -> None:
    for futures in asked.values():
        for future in futures:
            if not future.done():
                future.set_exception(error)
                future.exception()  # who asked may have gone away without looking
