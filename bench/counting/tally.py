"""Counts by part, process and kind; their difference; and the figures made of them. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bench.errors import MeasureError


@dataclass(frozen=True, order=True)
class Key:
    """What is counted.

    Attributes:
        part: `postgres`, `transaction`, `redis`, `s3`, `sqs` or `api`; or what is no number of
            requests: `s3_sent` and `s3_received` (bytes of bodies), `message`.
        who: the process that asked: `api`, `worker`, or `browser` for anybody else.
        what: a statement, a command, an operation, or a method and route.
    """

    part: str
    who: str
    what: str


Counts = Counter[Key]

# What S3 bills by; a listing of parts costs what a listing of a bucket does.
_S3_NAMES = {
    "GetObject": "GET", "HeadObject": "HEAD", "PutObject": "PUT", "ListParts": "LIST",
    "ListObjectsV2": "LIST", "DeleteObject": "DELETE", "DeleteObjects": "DELETE",
}  # fmt: skip
EMPTY_RECEIVE = "ReceiveMessage, empty"
_WRITES = ("INSERT", "UPDATE", "DELETE")


def difference(after: Counts, before: Counts) -> Counts:
    """Return what was added between two looks.

    Raises:
        MeasureError: a count has fallen: the part was started anew between the looks.
    """
    fallen = [key for key in before if after[key] < before[key]]
    if fallen:
        raise MeasureError(f"The count of {fallen[0]} has fallen.")
    return Counts(
        {key: number - before[key] for key, number in after.items() if number > before[key]}
    )


def without_idle(counts: Counts) -> Counts:
    """Leave out what an idle worker does as well: a long poll that brings nothing."""
    return Counts({key: number for key, number in counts.items() if key.what != EMPTY_RECEIVE})


def is_write(statement: str) -> bool:
    """Tell whether a statement changes rows; one that only locks them does not."""
    words = statement.upper().split()
    if words[:1] == ["WITH"]:
        return any(
            word in _WRITES and (number == 0 or words[number - 1] != "FOR")
            for number, word in enumerate(word.strip("(") for word in words)
        )
    return words[:1] != [] and words[0] in _WRITES


def figures(counts: Counts) -> dict[str, Any]:
    """Return the figures of a film, as `bench/fleet/counts.json` has them."""
    statements = _of(counts, "postgres")
    return {
        "postgres": {
            "statements": sum(statements.values()),
            "transactions": sum(_of(counts, "transaction").values()),
            "writes": sum(number for key, number in statements.items() if is_write(key.what)),
            "by": _by_who(statements.items()),
        },
        "redis": {"commands": sum(_of(counts, "redis").values())},
        "sqs": {
            "requests": sum(_of(counts, "sqs").values()),
            "messages": sum(_of(counts, "message").values()),
        },
        "s3": s3_requests(counts),
        "s3_bytes": {
            "received": sum(_of(counts, "s3_received").values()),
            "sent": sum(_of(counts, "s3_sent").values()),
        },
        "api": {"requests": sum(_of(counts, "api").values())},
    }


def s3_requests(counts: Counts) -> dict[str, int]:
    """Return the requests to S3 by what S3 bills them as."""
    found: Counter[str] = Counter()
    for key, number in _of(counts, "s3").items():
        found[_S3_NAMES.get(key.what, key.what)] += number
    return dict(sorted(found.items()))


def listed(counts: Counts) -> list[dict[str, Any]]:
    """Return every count, the largest first, for whoever wants to see where they come from."""
    return [
        {"part": key.part, "who": key.who, "what": key.what, "count": number}
        for key, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]


def _of(counts: Counts, part: str) -> Counts:
    return Counts({key: number for key, number in counts.items() if key.part == part})


def _by_who(items: Iterable[tuple[Key, int]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for key, number in items:
        mine = found.setdefault(key.who, {"statements": 0, "writes": 0})
        mine["statements"] += number
        mine["writes"] += number if is_write(key.what) else 0
    return dict(sorted(found.items()))
