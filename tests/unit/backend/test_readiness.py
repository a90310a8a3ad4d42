"""Parts are asked once for all who want to know, and what they said is kept for a moment."""

import asyncio
import contextlib

from backend.health.readiness import Readiness


class Part:
    """Counts how often it was asked; may hang until it is let go, even if it is cancelled."""

    def __init__(self, *, hangs: bool = False, stubborn: bool = False, fails: bool = False) -> None:
        self.asked = 0
        self._hangs = hangs
        self._stubborn = stubborn
        self._fails = fails
        self.released = asyncio.Event()

    async def check(self) -> None:
        self.asked += 1
        if self._fails:
            raise OSError("away")
        while self._hangs and not self.released.is_set():
            if not self._stubborn:
                await self.released.wait()
            with contextlib.suppress(asyncio.CancelledError):
                await self.released.wait()


def readiness(keep_s: float = 3600, patience_s: float = 60, **parts: Part) -> Readiness:
    checks = {name: part.check for name, part in parts.items()}
    return Readiness(checks, patience_s=patience_s, keep_s=keep_s)


async def test_many_at_once_and_soon_after_are_one_question() -> None:
    good, bad = Part(), Part(fails=True)
    asked = readiness(good=good, bad=bad)
    answers = await asyncio.gather(*(asked.silent() for _ in range(50)))
    assert [*answers, await asked.silent()] == [["bad"]] * 51
    assert (good.asked, bad.asked) == (1, 1)


async def test_an_old_answer_is_asked_for_anew() -> None:
    part = Part()
    asked = readiness(keep_s=0, part=part)
    for _ in range(3):
        assert await asked.silent() == []
    assert part.asked == 3


async def test_who_comes_while_a_part_hangs_waits_for_the_same_answer() -> None:
    part = Part(hangs=True)
    asked = readiness(part=part)
    waiting = [asyncio.create_task(asked.silent()) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # who goes away takes nothing from the others
    part.released.set()
    assert await asyncio.gather(*waiting[1:]) == [[]] * 19
    assert part.asked == 1


async def test_a_part_that_hangs_is_named_in_time() -> None:
    part, other = Part(hangs=True), Part()
    asked = readiness(patience_s=0.01, part=part, other=other)
    assert await asked.silent() == ["part"]
    await asked.close()


async def test_a_part_that_never_lets_go_is_not_asked_again() -> None:
    part = Part(hangs=True, stubborn=True)
    asked = readiness(keep_s=0, patience_s=0.01, part=part)
    for _ in range(3):
        assert await asked.silent() == ["part"]
    assert part.asked == 1
    part.released.set()
    await asked.close()
