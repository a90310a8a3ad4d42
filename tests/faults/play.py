"""Plays a scenario on a stack, whole or with a protection taken away."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from embedded.stack import BACKING, Stack
from tests.faults.clips import FaultClips
from tests.faults.opening import opened
from tests.faults.scenario import Outcome, Protection, Scenario
from tests.faults.timing import Timing


@dataclass
class Ground:
    """What worlds stand on: backing services, films, a directory."""

    stack: Stack
    directory: Path
    clips: FaultClips

    @classmethod
    def under(cls, directory: Path) -> "Ground":
        """Describe one; its stack is to be started."""
        clips = directory / "clips"
        clips.mkdir()
        return cls(Stack(directory / "stack", BACKING | {"migrate"}), directory, FaultClips(clips))


@dataclass(frozen=True)
class Play:
    """A scenario to play, whole or without a protection.

    Attributes:
        scenario: to play.
        tries: how often.
        timing: how patient the product is.
        seed: of the scenario's chances; the same ones come again with it.
        without: a protection that the product does without.
    """

    scenario: Scenario
    tries: int
    timing: Timing
    seed: int
    without: Protection | None = None


def play(
    ground: Ground,
    scenario: Scenario,
    *,
    tries: int,
    timing: Timing,
    seed: int,
    without: Protection | None = None,
) -> Outcome:
    """Play a scenario in a world of its own; see `Play`."""
    return asyncio.run(_played(ground, Play(scenario, tries, timing, seed, without)))


def play_all(ground: Ground, wanted: Sequence[Play], at_once: int) -> list[Outcome | Exception]:
    """Play several, each in a world of its own, some at once: most of each is waiting.

    What one raises is in its outcome's place.
    """

    async def run() -> list[Outcome | Exception]:
        gate = asyncio.Semaphore(at_once)

        async def one(each: Play) -> Outcome | Exception:
            async with gate:
                try:
                    return await _played(ground, each)
                except Exception as error:  # noqa: BLE001 - it is raised by the test it belongs to
                    return error

        return await asyncio.gather(*map(one, wanted))

    return asyncio.run(run())


async def _played(ground: Ground, wanted: Play) -> Outcome:
    directory = Path(mkdtemp(prefix=f"{wanted.scenario.id}-", dir=ground.directory))
    without = wanted.without
    async with opened(
        ground.stack,
        directory,
        wanted.timing,
        ground.clips,
        mutations=without.mutations if without else (),
        focus=without.focus if without else (),
    ) as world:
        return await wanted.scenario.run(world, wanted.tries, random.Random(wanted.seed))
