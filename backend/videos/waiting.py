"""Why a film waits, in words for its owner. Pure."""

from collections.abc import Sequence

from backend.videos.schemas import QueueItem
from core.presence import Report, WorkerState

_NO_WORKER = QueueItem(
    reason="no_worker", message="No worker is running. The film is worked on as soon as one is."
)
_NO_ROOM = QueueItem(
    reason="no_room",
    message="No worker has enough free disk for this film. It is worked on as soon as one has.",
)
_BUSY = QueueItem(
    reason="busy", message="All workers are busy. The film is worked on when its turn comes."
)
_NEXT = QueueItem(reason=None, message="The film is worked on when its turn comes.")


def why_it_waits(size: int, workers: Sequence[Report] | None) -> QueueItem:
    """Return why a queued film of a size in bytes waits.

    Args:
        size: of its source.
        workers: what those that live say; None when that is not known.
    """
    if workers is None:
        return _NEXT
    if not workers:
        return _NO_WORKER
    if any(one.state is WorkerState.IDLE and one.room >= size for one in workers):
        return _NEXT
    # What a busy one has on its disk goes away when it ends.
    if any(one.state is WorkerState.BUSY and one.most >= size for one in workers):
        return _BUSY
    return _NO_ROOM
