"""Reads that are asked for at once share a round trip, and nobody reads what is old."""

import asyncio
import gc
from collections.abc import Mapping
from contextlib import suppress

import pytest

from core.coalesce import Batcher
from core.errors import Unavailable
from tests.support.waiting import wait_until


class Table:
    """Values that change, behind a round trip that ends when it is told to."""

    def __init__(self) -> None:
        self.values = {"a": 1, "b": 2}
        self.calls: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self, keys: list[str]) -> Mapping[str, int]:
        self.calls.append(keys)
        found = {key: self.values[key] for key in keys if key in self.values}
        await self.gate.wait()
        return found


def set_to(batcher: Batcher[str, int], **options: float) -> Batcher[str, int]:
    """Give a batcher other limits."""
    vars(batcher).update(options)
    return batcher


async def started(table: Table, calls: int) -> None:
    await wait_until(lambda: len(table.calls) >= calls)


async def test_what_is_asked_for_together_is_read_together() -> None:
    table = Table()
    batcher = Batcher(table.load)
    found = await asyncio.gather(*(batcher.get(key) for key in ("a", "b", "a", "missing")))
    assert found == [1, 2, 1, None]
    assert table.calls == [["a", "b", "missing"]]


async def test_who_asks_after_a_read_began_reads_anew() -> None:
    table = Table()
    batcher = set_to(Batcher(table.load), patience_s=60)
    table.gate.clear()
    early = batcher.get("a")
    await started(table, 1)
    table.values["a"] = 10  # written, and told, after the first read was sent
    late = batcher.get("a")
    table.gate.set()
    assert (await early, await late) == (1, 10)


async def test_one_read_is_under_way() -> None:
    table = Table()
    batcher = set_to(Batcher(table.load), patience_s=60)
    table.gate.clear()
    waiting = [batcher.get("a")]
    await started(table, 1)
    waiting += [batcher.get(key) for key in ("a", "b", "b")]
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(table.calls) == 1
    table.gate.set()
    assert await asyncio.gather(*waiting) == [1, 1, 2, 2]
    assert table.calls[1:] == [["a", "b"]]  # what had gathered meanwhile


async def test_a_batch_holds_only_so_many_keys() -> None:
    table = Table()
    table.values = {str(number): number for number in range(10)}
    batcher = set_to(Batcher(table.load), most=4)
    found = await asyncio.gather(*(batcher.get(key) for key in table.values))
    assert found == list(range(10))
    assert [len(call) for call in table.calls] == [4, 4, 2]


async def test_an_error_reaches_each_who_asked_and_nobody_after() -> None:
    table = Table()

    async def load(keys: list[str]) -> Mapping[str, int]:
        table.calls.append(keys)
        if len(table.calls) == 1:
            raise OSError("away")
        return table.values

    batcher = Batcher(load)
    results = await asyncio.gather(
        batcher.get("a"), batcher.get("a"), batcher.get("b"), return_exceptions=True
    )
    assert [type(item) for item in results] == [OSError] * 3
    assert await batcher.get("a") == 1


async def test_one_who_goes_away_takes_the_answer_from_nobody() -> None:
    table = Table()
    batcher = Batcher(table.load)
    table.gate.clear()
    leaving, staying = (batcher.get("a") for _ in range(2))
    await started(table, 1)
    leaving.cancel()
    table.gate.set()
    assert await staying == 1
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await batcher.get("b") == 2


async def test_who_asked_ahead_finds_the_answer_there() -> None:
    batcher = Batcher(Table().load)
    asked = batcher.get("a")
    assert await batcher.get("b") == 2
    assert asked.done()
    assert await asked == 1


async def test_an_error_that_nobody_looks_at_is_no_complaint() -> None:
    async def fail(_keys: list[str]) -> Mapping[str, int]:
        raise ValueError("broken")

    async def go_away() -> None:
        batcher = Batcher(fail)
        batcher.get("a")
        with suppress(ValueError):
            await batcher.get("b")

    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, said: complaints.append(said))
    await asyncio.create_task(go_away())
    gc.collect()
    assert complaints == []


async def test_one_who_goes_away_before_the_read_does_no_harm() -> None:
    table = Table()
    batcher = Batcher(table.load)
    leaving = batcher.get("a")
    await asyncio.sleep(0)
    leaving.cancel()
    assert await batcher.get("b") == 2


class Frozen:
    """A part of which the first calls are never answered; each that is given up is counted."""

    def __init__(self, frozen: int) -> None:
        self.left = frozen
        self.calls: list[list[str]] = []
        self.cancelled = 0

    async def load(self, keys: list[str]) -> Mapping[str, int]:
        self.calls.append(keys)
        self.left -= 1
        if self.left >= 0:
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled += 1
        return dict.fromkeys(keys, len(self.calls))


async def test_a_call_that_is_not_answered_holds_up_nobody() -> None:
    part = Frozen(1)
    batcher = set_to(Batcher(part.load), patience_s=0.01, give_up_s=60)
    stuck = batcher.get("a")
    await wait_until(lambda: part.calls)
    assert await asyncio.wait_for(batcher.get("b"), 30)
    assert await asyncio.wait_for(stuck, 30)  # asked for again, on another connection
    assert part.calls[0] == ["a"]
    assert sum("a" in keys for keys in part.calls) == 2
    assert not part.cancelled
    await batcher.close()
    await wait_until(lambda: not batcher._calls)


async def test_a_quick_answer_is_waited_for_alone() -> None:
    table = Table()
    batcher = set_to(Batcher(table.load), patience_s=60)
    table.gate.clear()
    first, second = batcher.get("a"), batcher.get("b")
    await started(table, 1)
    third = batcher.get("a")
    table.gate.set()
    assert [await first, await second, await third] == [1, 2, 1]
    assert table.calls == [["a", "b"], ["a"]]


async def test_a_call_is_given_up_and_who_asked_is_told_who_was_silent() -> None:
    part = Frozen(2)
    batcher = set_to(Batcher(part.load, dependency="The store"), patience_s=0.01, give_up_s=0.05)
    with pytest.raises(Unavailable, match=r"The store does not answer\."):
        await asyncio.wait_for(batcher.get("a"), 30)
    await wait_until(lambda: part.cancelled == 2)
    assert await asyncio.wait_for(batcher.get("a"), 30) == 3
    assert part.calls == [["a"]] * 3
    await wait_until(lambda: not batcher._calls)


async def test_silence_has_only_so_many_calls_under_way() -> None:
    part = Frozen(1000)
    batcher = set_to(Batcher(part.load), patience_s=0.001, give_up_s=0.1, most_calls=3)
    asked = [batcher.get(str(number)) for number in range(20)]
    while not all(future.done() for future in asked):
        assert len(part.calls) - part.cancelled <= 3
        asked.append(batcher.get("late")) if len(asked) < 30 else None
        await asyncio.sleep(0.001)
    assert {type(future.exception()) for future in asked} == {Unavailable}
    await wait_until(lambda: part.cancelled == len(part.calls))
    await wait_until(lambda: not batcher._calls)


async def test_a_slow_call_that_fails_takes_nothing_from_the_other() -> None:
    fail, answer = asyncio.Event(), asyncio.Event()
    calls: list[list[str]] = []

    async def load(keys: list[str]) -> Mapping[str, int]:
        calls.append(keys)
        if len(calls) == 1:
            await fail.wait()
            raise OSError("cut")
        await answer.wait()
        return {"a": 1}

    batcher = set_to(Batcher(load), patience_s=0.01, give_up_s=60)
    asked = batcher.get("a")
    await wait_until(lambda: len(calls) == 2)
    fail.set()
    await wait_until(lambda: len(batcher._calls) == 1)
    answer.set()
    assert await asyncio.wait_for(asked, 30) == 1


async def test_two_calls_that_fail_together_are_told_of() -> None:
    fail = asyncio.Event()
    calls: list[list[str]] = []

    async def load(keys: list[str]) -> Mapping[str, int]:
        calls.append(keys)
        await fail.wait()
        raise OSError("cut")

    batcher = set_to(Batcher(load), patience_s=0.01, give_up_s=60)
    asked = batcher.get("a")
    await wait_until(lambda: len(calls) == 2)
    fail.set()
    with pytest.raises(OSError, match="cut"):
        await asyncio.wait_for(asked, 30)


async def test_who_waits_is_told_when_it_is_closed() -> None:
    part = Frozen(1)
    batcher = set_to(Batcher(part.load, dependency="The store"), patience_s=60)
    asked = batcher.get("a")
    await wait_until(lambda: part.calls)
    await batcher.close()
    with pytest.raises(Unavailable, match=r"The store does not answer\."):
        await asked
