"""Dependencies are asked once for all who want to know, and what they said is kept for a moment."""

import asyncio
import contextlib

from backend.health.readiness import Readiness


class Dependency:
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


def readiness(
    keep_s: float = 3600, patience_s: float = 60, **dependencies: Dependency
) -> Readiness:
    checks = {name: dependency.check for name, dependency in dependencies.items()}
    return Readiness(checks, patience_s=patience_s, keep_s=keep_s)


async def test_many_at_once_and_soon_after_are_one_question() -> None:
    good, bad = Dependency(), Dependency(fails=True)
    asked = readiness(good=good, bad=bad)
    answers = await asyncio.gather(*(asked.silent() for _ in range(50)))
    assert [*answers, await asked.silent()] == [["bad"]] * 51
    assert (good.asked, bad.asked) == (1, 1)


async def test_an_old_answer_is_asked_for_anew() -> None:
    dependency = Dependency()
    asked = readiness(keep_s=0, dependency=dependency)
    for _ in range(3):
        assert await asked.silent() == []
    assert dependency.asked == 3


async def test_who_comes_while_a_dependency_hangs_waits_for_the_same_answer() -> None:
    dependency = Dependency(hangs=True)
    asked = readiness(dependency=dependency)
    waiting = [asyncio.create_task(asked.silent()) for _ in range(20)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # who goes away takes nothing from the others
    dependency.released.set()
    assert await asyncio.gather(*waiting[1:]) == [[]] * 19
    assert dependency.asked == 1


async def test_a_dependency_that_hangs_is_named_in_time() -> None:
    dependency, other = Dependency(hangs=True), Dependency()
    asked = readiness(patience_s=0.01, dependency=dependency, other=other)
    assert await asked.silent() == ["dependency"]
    await asked.close()


async def test_a_dependency_that_never_lets_go_is_not_asked_again() -> None:
    dependency = Dependency(hangs=True, stubborn=True)
    asked = readiness(keep_s=0, patience_s=0.01, dependency=dependency)
    for _ in range(3):
        assert await asked.silent() == ["dependency"]
    assert dependency.asked == 1
    dependency.released.set()
    await asked.close()


async def test_one_that_was_late_and_is_given_up_in_the_next_round_is_named() -> None:
    dependency = Dependency(hangs=True)
    asked = readiness(keep_s=0, patience_s=0.01, dependency=dependency)
    # Nothing runs in between, so the second round finds the first one's question still open.
    assert [await asked.silent(), await asked.silent()] == [["dependency"]] * 2
    dependency.released.set()
    assert await asked.silent() == []
