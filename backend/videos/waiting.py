"""Why a video waits in the queue, as a text for its owner. Pure."""

from collections.abc import Sequence

from backend.videos.schemas import QueueItem
from core.presence import Report, WorkerState

_NO_WORKER = QueueItem(
    reason="no_worker", message="No worker is running. The video waits until one starts."
)
_NO_ROOM = QueueItem(
    reason="no_room",
    message="No worker has enough free disk for this video. It waits until one has.",
)
_BUSY = QueueItem(reason="busy", message="All workers are busy. The video waits for its turn.")
_NEXT = QueueItem(reason=None, message="The video waits for its turn.")


def why_it_waits(size: int, workers: Sequence[Report] | None) -> QueueItem:
    """Return why a queued video whose source has `size` bytes waits.

    `workers` are the reports of running workers; None when they are unknown.
    """
    if workers is None:
        return _NEXT
    if not workers:
        return _NO_WORKER
    if any(one.state is WorkerState.IDLE and one.room >= size for one in workers):
        return _NEXT
    # A busy worker frees its disk at the end of its task.
    if any(one.state is WorkerState.BUSY and one.most >= size for one in workers):
        return _BUSY
    return _NO_ROOM
