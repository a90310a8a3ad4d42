"""How a worker is."""

import pytest

from core.presence import Report, WorkerState
from workers.runtime.presence import report_of

SHORT = "1 MB of disk are free, 512 MB are needed"


@pytest.mark.parametrize(
    ("running", "most", "short_of", "state"),
    [
        (0, 1, None, WorkerState.IDLE),
        (1, 1, None, WorkerState.BUSY),
        (1, 2, None, WorkerState.IDLE),
        (1, 2, SHORT, WorkerState.BUSY),  # there will be room when that one ends
        (0, 2, SHORT, WorkerState.NO_ROOM),
    ],
)
def test_a_worker_knows_how_it_is(
    running: int, most: int, short_of: str | None, state: WorkerState
) -> None:
    assert report_of(running, most, short_of, 300, 900) == Report(state, 100, 450, short_of or "")
