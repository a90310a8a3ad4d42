"""How a service behind the proxy misbehaves, as values that a test sets while it runs."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """Refuse without asking the service; `code` is S3's word, such as `SlowDown`."""

    status: int = 503
    code: str = "SlowDown"


@dataclass(frozen=True)
class Cut:
    """Break the connection off.

    Attributes:
        after: `nothing`: unasked; `request`: the service has done it, and nobody hears; `answer`:
            in the middle of its body.
        body: how many bytes of that come through.
    """

    after: str = "nothing"
    body: int = 0


@dataclass(frozen=True)
class Shorten:
    """Give the service that many bytes fewer of a body than were sent, as if it were whole."""

    by: int = 1


@dataclass(frozen=True)
class Slow:
    """Pass bodies on at so many bytes a second, each way and on each connection."""

    rate: int = 10_000


@dataclass(frozen=True)
class Hang:
    """Take the request and never answer, not even when the rule stands no more."""


Fault = Answer | Cut | Shorten | Slow | Hang


@dataclass
class Rule:
    """A fault and the requests that it befalls.

    Attributes:
        fault: what happens.
        operations: of these only; all when empty.
        path: only where this is in the path.
        chance: of each, from 0 to 1.
        times: how often at the most; None for always.
        hits: how often so far.
    """

    fault: Fault
    operations: frozenset[str] = frozenset()
    path: str = ""
    chance: float = 1.0
    times: int | None = None
    hits: int = 0

    def befalls(self, operation: str, path: str, rng: random.Random) -> bool:
        if self.operations and operation not in self.operations:
            return False
        if self.path not in path or (self.times is not None and self.hits >= self.times):
            return False
        return self.chance >= 1 or rng.random() < self.chance
