"""What happens in a soak, and when: made from a seed before anything happens. Pure."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.faults.misbehaviour import Answer, Cut, Fault, Hang, Shorten, Slow

# What users do with a video.
KEEPS, ABANDONS, CANCELS, DELETES = "keeps it", "never completes it", "cancels it", "deletes it"
WANTS_AGAIN = "cancels it and wants it again"
_HABITS = (KEEPS,) * 10 + (ABANDONS, ABANDONS, CANCELS, CANCELS, DELETES, DELETES, WANTS_AGAIN)

# What befalls the product.
KILL_WORKER, TERM_WORKER, STOP_WORKER = "kill a worker", "terminate a worker", "stop a worker"
KILL_API, TERM_API, STOP_API = "kill an API", "terminate an API", "stop an API"
KILL_CONTROL, STOP_CONTROL = "kill a control", "stop a control"
POSTGRES, CRASH, VALKEY = "restart Postgres", "crash Postgres", "restart Valkey"
PURGE, REPEAT, STORE = "purge the queue", "repeat messages", "the store and the queue misbehave"
KINDS = (
    KILL_WORKER, STORE, KILL_API, PURGE, STOP_WORKER, POSTGRES, TERM_WORKER, REPEAT, STOP_API,
    VALKEY, STORE, TERM_API, CRASH, KILL_CONTROL, STOP_CONTROL,
)  # fmt: skip

_OBJECTS = (
    "GetObject", "HeadObject", "PutObject", "DeleteObjects", "ListObjectsV2", "ListParts",
    "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload",
)  # fmt: skip
_SENDING = ("PutObject", "UploadPart")
# A fault, and the operations that it befalls: all of S3 and SQS when there are none.
_STORE_FAULTS: tuple[tuple[Fault, tuple[str, ...]], ...] = (
    (Answer(503, "SlowDown"), ()),
    (Answer(500, "InternalError"), ()),
    (Cut("nothing"), ()),
    (Cut("request"), ()),
    (Cut("answer", 100), _OBJECTS),
    (Slow(20_000), _OBJECTS),
    (Hang(), _OBJECTS),
    (Shorten(1), _SENDING),
)
_EVERY_S = 1.1  # small; see `make`
_EARLY = 0.6  # of the time: so there is work to be disturbed until the end


@dataclass(frozen=True)
class Wish:
    """An upload, and what its user does with the video some time after it was acknowledged."""

    at_s: float
    does: str
    after_s: float
    long: bool

    def __str__(self) -> str:
        film = "long" if self.long else "short"
        late = "" if self.does in (KEEPS, ABANDONS) else f" after {self.after_s:.1f} s"
        return f"{self.at_s:6.1f} s: a {film} film; its user {self.does}{late}"


@dataclass(frozen=True)
class Step:
    """Something that befalls the product; `which` of its processes, for how many `seconds`."""

    at_s: float
    what: str
    which: int
    seconds: float
    fault: Fault | None = None
    operations: tuple[str, ...] = ()
    chance: float = 1.0

    def __str__(self) -> str:
        told = f"{self.at_s:6.1f} s: {self.what}"
        if self.fault is not None:
            of = ", ".join(self.operations) or "all"
            return f"{told}: {self.fault} on {of}, chance {self.chance}, for {self.seconds:.1f} s"
        return f"{told} ({self.which}, {self.seconds:.1f} s)"


@dataclass(frozen=True)
class Plan:
    """All of it, by time."""

    wishes: tuple[Wish, ...]
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        told = [(wish.at_s, str(wish)) for wish in self.wishes]
        told += [(step.at_s, str(step)) for step in self.steps]
        return "\n".join(line for _, line in sorted(told))


def make(
    rng: random.Random, uploads: int, *, longest_s: float, kinds: Sequence[str] = KINDS
) -> Plan:
    """Make a plan; the same generator makes the same one.

    Args:
        rng: the only source of chance.
        uploads: how many, the abandoned ones too.
        longest_s: that a process stands still, or the store misbehaves.
        kinds: of what befalls the product; each comes once before any comes again.
    """
    seconds = max(10.0, 1.2 * uploads)
    every_s = _EVERY_S if uploads < 50 else 2 * _EVERY_S
    wishes = [
        Wish(
            rng.uniform(0, _EARLY * seconds),
            rng.choice(_HABITS),
            rng.uniform(0, 4),
            rng.random() < 0.5,
        )
        for _ in range(uploads)
    ]
    steps: list[Step] = []
    left: list[str] = []
    while (at_s := every_s * (len(steps) + 1) + rng.uniform(-0.4, 0.4)) < seconds:
        left = left or rng.sample(kinds, len(kinds))
        steps.append(_step(rng, at_s, left.pop(), longest_s))
    return Plan(tuple(sorted(wishes, key=lambda wish: wish.at_s)), tuple(steps))


def _step(rng: random.Random, at_s: float, what: str, longest_s: float) -> Step:
    seconds, which = rng.uniform(0.3, longest_s), rng.randrange(6)
    if what != STORE:
        return Step(at_s, what, which, seconds)
    fault, operations = rng.choice(_STORE_FAULTS)
    return Step(at_s, what, which, seconds, fault, operations, rng.choice((0.5, 1.0)))
