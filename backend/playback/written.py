"""Remembers lists of complete films, which are long and do not change."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

_MOST_BYTES = 32 * 1024 * 1024  # of all that is remembered; the lists of a film of 2 h have 2 MB


@dataclass(frozen=True)
class WrittenList:
    """A list as it is sent, and the tag that tells it from others."""

    body: bytes
    tag: str


class WrittenLists:
    """The lists that were asked for last, each by what it was made of."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._known: OrderedDict[Hashable, WrittenList] = OrderedDict()
        self._bytes = 0

    async def get(self, made_of: Hashable, write: Callable[[], str]) -> WrittenList:
        """Return the list that is made of something, from memory if it can be.

        It is written in a thread: a long one would keep all other requests waiting. Raises what
        `write` raises.
        """
        found = self._known.get(made_of)
        if found is None:
            found = await asyncio.to_thread(lambda: tagged(write()))
            self._remember(made_of, found)
        else:
            self._known.move_to_end(made_of)
        return found

    def _remember(self, made_of: Hashable, written: WrittenList) -> None:
        before = self._known.pop(made_of, None)
        self._bytes += len(written.body) - (len(before.body) if before else 0)
        self._known[made_of] = written
        while self._bytes > self._most:
            _, oldest = self._known.popitem(last=False)
            self._bytes -= len(oldest.body)


def tagged(text: str) -> WrittenList:
    """Return a text as it is sent."""
    body = text.encode()
    return WrittenList(body, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
