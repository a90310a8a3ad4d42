"""Why a video waits."""

import pytest

from backend.videos.waiting import why_it_waits
from core.presence import Report, WorkerState

SIZE = 100
IDLE, BUSY, NO_ROOM = WorkerState.IDLE, WorkerState.BUSY, WorkerState.NO_ROOM


@pytest.mark.parametrize(
    ("workers", "reason"),
    [
        pytest.param(None, None, id="unknown"),
        pytest.param([], "no_worker", id="none"),
        pytest.param([Report(IDLE, SIZE, 900)], None, id="one is free"),
        pytest.param([Report(BUSY, 10, 900)], "busy", id="busy"),
        pytest.param([Report(BUSY, 10, 900), Report(IDLE, SIZE, 900)], None, id="one of two"),
        pytest.param([Report(NO_ROOM, 900, 900)], "no_room", id="no room at all"),
        pytest.param([Report(IDLE, SIZE - 1, 900)], "no_room", id="none for this film"),
        pytest.param([Report(BUSY, 10, SIZE - 1)], "no_room", id="its disk is too small"),
        pytest.param([Report(BUSY, 0, SIZE), Report(IDLE, 9, 99)], "busy", id="the larger is busy"),
    ],
)
def test_a_wait_has_a_reason(workers: list[Report] | None, reason: str | None) -> None:
    found = why_it_waits(SIZE, workers)
    assert found.reason == reason
    assert found.message.endswith(".")
