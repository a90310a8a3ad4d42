"""Reads that are asked for at the same time share one round trip.

An API process serves many small requests at once. Each needs one session and one row, and the
round trip costs ten times what the row does. So a request's key joins the batch that has not
started yet; a batch never answers a request that came after it was sent, so everybody reads what
was true when, or after, they asked.

A call that is not answered soon holds nobody up: those who come after it go in another one, on
another connection, and so do its own keys, once. Whichever answers first is the answer.
"""

import asyncio
from asyncio import Future, Task, TimerHandle
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from core.errors import Unavailable

K = TypeVar("K")
V = TypeVar("V")

# Of a healthy part, a hundred times what an answer takes; of a frozen one, hardly felt.
_PATIENCE_S = 0.25
# Shorter than the patience of who asks (ANSWER_S), longer than a failover that is noticed.
_GIVE_UP_S = 5.0
_MOST_CALLS = 4


class _Call(Generic[K, V]):
    """One call under way: the keys with the futures of those who asked."""

    __slots__ = ("asked", "is_slow", "task", "timer")

    def __init__(self, asked: "dict[K, list[Future[V | None]]]") -> None:
        self.asked = asked
        self.is_slow = False
        self.task: Task[None] | None = None
        self.timer: TimerHandle | None = None


class Batcher(Generic[K, V]):
    """Looks values up by key, many in one call.

    Args:
        load: given the distinct keys, returns the values of those that exist.
        most: keys in one call.
        at_once: calls under way at once; what is asked for meanwhile gathers for the next one.
        part: who is asked, for the error when it does not answer.
        patience_s: a call without an answer for so long counts no more among `at_once`.
        give_up_s: after so long it is cancelled, and who waits for it alone learns that.
        most_calls: calls under way at once, slow ones too.
    """

    def __init__(
        self,
        load: Callable[[list[K]], Awaitable[Mapping[K, V]]],
        most: int = 200,
        at_once: int = 1,
        *,
        part: str = "A part that is needed",
        patience_s: float = _PATIENCE_S,
        give_up_s: float = _GIVE_UP_S,
        most_calls: int = _MOST_CALLS,
    ) -> None:
        self._load = load
        self._most = most
        self._at_once = at_once
        self._part = part
        self._patience_s = patience_s
        self._give_up_s = give_up_s
        self._most_calls = max(most_calls, at_once)
        self._waiting: dict[K, list[Future[V | None]]] = {}
        # Those who are asked for by two calls, with how many of these have not failed yet.
        self._twice: dict[Future[V | None], int] = {}
        self._calls: set[_Call[K, V]] = set()
        self._slow = 0  # of them
        self._scheduled = False
        self._closed = False

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
        self._schedule()
        return future

    async def close(self) -> None:
        """End what is under way; who waits for it is told that there is no answer."""
        self._closed = True
        tasks = [call.task for call in self._calls if call.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _has_room(self) -> bool:
        under_way = len(self._calls)
        return under_way - self._slow < self._at_once and under_way < self._most_calls

    def _schedule(self) -> None:
        if not self._scheduled and self._has_room():
            self._scheduled = True
            # After all that is ready to run in this turn.
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._scheduled = False
        if not self._closed and self._has_room() and (asked := self._next()):
            loop = asyncio.get_running_loop()
            call = _Call(asked)
            self._calls.add(call)
            call.timer = loop.call_later(self._patience_s, self._lose_patience, call)
            call.task = loop.create_task(self._fill(call))

    def _next(self) -> "dict[K, list[Future[V | None]]]":
        """Return what the next call asks for: nobody who has gone, or was answered meanwhile."""
        asked: dict[K, list[Future[V | None]]] = {}
        while self._waiting and len(asked) < self._most:
            key = next(iter(self._waiting))
            futures = [future for future in self._waiting.pop(key) if not future.done()]
            if futures:
                asked[key] = futures
        return asked

    async def _fill(self, call: _Call[K, V]) -> None:
        try:
            found = await self._load(list(call.asked))
        except asyncio.CancelledError:
            self._fail(call, self._silent())
            raise
        except Exception as error:  # noqa: BLE001 - it is handed to each who asked
            self._fail(call, error)
        else:
            for key, futures in call.asked.items():
                value = found.get(key)
                for future in futures:
                    if not future.done():
                        future.set_result(value)
        finally:
            self._calls.discard(call)
            self._slow -= call.is_slow
            if call.timer is not None:
                call.timer.cancel()
            self._start()

    def _lose_patience(self, call: _Call[K, V]) -> None:
        """Have others not wait for a call, and its own keys asked for once more."""
        call.is_slow = True
        self._slow += 1
        left = max(0.0, self._give_up_s - self._patience_s)
        call.timer = asyncio.get_running_loop().call_later(left, self._give_up, call)
        for key, futures in call.asked.items():
            for future in futures:
                if not future.done() and future not in self._twice:
                    self._twice[future] = 2
                    future.add_done_callback(self._forget)
                    self._waiting.setdefault(key, []).append(future)
        self._schedule()

    def _give_up(self, call: _Call[K, V]) -> None:
        # Told at once: what is cancelled may take a while to put its connection away.
        self._fail(call, self._silent())
        if call.task is not None:
            call.task.cancel()

    def _silent(self) -> Unavailable:
        return Unavailable(f"{self._part} does not answer.")

    def _fail(self, call: _Call[K, V], error: Exception) -> None:
        asked, call.asked = call.asked, {}  # a call fails once, however it ends
        for futures in asked.values():
            for future in futures:
                if future.done():
                    continue
                left = self._twice.get(future, 1) - 1
                if left:
                    self._twice[future] = left  # the other call may still answer
                    continue
                future.set_exception(error)
                future.exception()  # who asked may have gone away without looking

    def _forget(self, future: "Future[V | None]") -> None:
        self._twice.pop(future, None)
