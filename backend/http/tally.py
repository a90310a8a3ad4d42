"""Counts what is under way, such as the open streams of a user, and limits it. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

K = TypeVar("K")


class Tally(Generic[K]):
    """Counts by key, in this process.

    In memory, because the count then dies with what it is of: one in Redis would outlive a process
    that was killed and lock its users out.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.under_way = Counter[K]()

    @contextmanager
    def one(self, key: K, refusal: Callable[[], Exception]) -> Iterator[None]:
        """Count one more for as long as the block lasts; raise `refusal` if there are too many."""
        if self.under_way[key] >= self._most:
            raise refusal()
        self.under_way[key] += 1
        try:
            yield
        finally:
            self.under_way[key] -= 1
            if not self.under_way[key]:
                del self.under_way[key]
