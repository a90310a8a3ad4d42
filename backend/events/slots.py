"""Limits how many event streams one user has open."""

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from core.errors import RateLimited

_RETRY_AFTER_S = 15


class StreamSlots:
    """Counts the open streams of each user in this process.

    In memory, because the count then dies with the streams that it is of: one in Redis would
    outlive a process that was killed and lock its users out. So the limit is that of a process.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[uuid.UUID] = Counter()

    @contextmanager
    def one(self, user_id: uuid.UUID) -> Iterator[None]:
        """Hold a slot for as long as the block lasts.

        Raises:
            RateLimited: the user has as many streams open as are allowed.
        """
        if self.open_streams(user_id) >= self._most:
            raise RateLimited(
                f"You have {self._most} open event streams. Close one.",
                retry_after_s=_RETRY_AFTER_S,
            )
        self._open[user_id] += 1
        try:
            yield
        finally:
            self._open[user_id] -= 1
            if not self._open[user_id]:
                del self._open[user_id]

    def open_streams(self, user_id: uuid.UUID) -> int:
        """Return how many streams a user has open."""
        return self._open.get(user_id, 0)
