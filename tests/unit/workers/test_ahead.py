"""What is ahead of an encode is ended once, and no track loses its beginning."""

import asyncio
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.model.ids import new_id
from core.tasks.spans import Listed
from tests.support.streaming import Kept
from workers.outputs.ahead import Handover
from workers.outputs.segments import OffGridError
from workers.outputs.stream_track import StreamTrack


class Slow:
    """Takes its time to end."""

    names = ("audio",)

    def __init__(self) -> None:
        self.ending, self.go_on = asyncio.Event(), asyncio.Event()
        self.at_once, self.most = 0, 0

    def reached(self, _name: str) -> Listed | None:
        return None

    async def end(self) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.ending.set()
        try:
            await self.go_on.wait()
        finally:
            self.at_once -= 1


def track(stored_s: int) -> StreamTrack:
    """Return a sound of which nothing waits, passed over so far."""
    reader: Any = SimpleNamespace(ready=[], track=SimpleNamespace(name="audio"))
    return StreamTrack(cast(Any, reader), stored_end=Fraction(stored_s))


async def test_it_is_not_ended_twice_at_once() -> None:
    slow, tracks = Slow(), [track(0)]
    handover = Handover(slow, Kept())
    assert not await handover.take_over(tracks, wait=False)
    await slow.ending.wait()
    assert not await handover.take_over(tracks, wait=False)
    giving_up = asyncio.ensure_future(handover.give_up())
    await asyncio.wait({giving_up}, timeout=0.05)
    slow.go_on.set()
    await giving_up
    assert (slow.most, slow.at_once) == (1, 0)


def test_what_was_passed_over_must_be_listed_still() -> None:
    listed = Listed(new_id(), "", 1, 96_000)
    passed = track(2)
    passed.goes_on_behind(listed)
    assert (passed.id, passed.begun) == (listed.track_id, True)
    with pytest.raises(OffGridError, match="is gone"):
        passed.goes_on_behind(None)
    fresh = track(0)
    fresh.goes_on_behind(None)
    assert (fresh.known, fresh.begun) == (None, False)
