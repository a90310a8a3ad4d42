"""What a film asks whose encoding takes as long as one likes, from one that was counted. Pure.

A film's counts have two parts: what is the same for each film, and what goes on for as long as it
is worked on:

- a worker's word to Redis of how far it is, once in PROGRESS_S;
- its lease, extended with one statement once in HEARTBEAT_S;
- a page's look without word, once in 5 s. What a page is told of progress asks nothing.

Requests to S3 follow from sizes: parts of an upload, ranges of a download, parts of a rendition.
"""

from dataclasses import dataclass
from typing import Any

from bench.counting.tally import Counts, Key
from core.uploads.multipart import part_count_for, part_size_for
from workers.formats.shape import DEFAULT_SHAPE
from workers.outputs.upload import PART
from workers.sources.ranges import range_length

HEARTBEAT_S = 20.0
LOOK_S = 5.0  # backend/events/stream.py
_LISTED = 1000  # S3: parts in one answer
_FIRST, _MORE = 8, 5  # URLs in the page's first request for some, and in those after it
_CONNECTIONS = 4  # FETCH_CONNECTIONS


@dataclass(frozen=True)
class Beats:
    """How often what goes on happened, or would.

    Attributes:
        tells: words to Redis of how far the worker is.
        leases: how often the lease was extended.
        told: looks of the open pages at word of a change.
        looks: of the open pages without word.
    """

    tells: float
    leases: float
    told: float
    looks: float


@dataclass(frozen=True)
class Sizes:
    """Bytes of a source and of its renditions."""

    source: int
    renditions: tuple[int, ...]


def scaled(sizes: Sizes, times: float) -> Sizes:
    """Return the sizes of a film that is so many times as long."""
    return Sizes(
        round(sizes.source * times), tuple(round(each * times) for each in sizes.renditions)
    )


# What each of them asks: statements, transactions, writes; commands of Redis; requests to SQS.
PER_BEAT: dict[str, dict[str, int]] = {
    # A script, and five commands in it.
    "tells": {"statements": 0, "transactions": 0, "writes": 0, "redis": 6, "sqs": 0},
    # UPDATE of the task.
    "leases": {"statements": 1, "transactions": 1, "writes": 1, "redis": 0, "sqs": 0},
    # A SELECT of what has changed.
    "told": {"statements": 1, "transactions": 1, "writes": 0, "redis": 0, "sqs": 0},
    # A SELECT of the user's ids and versions; whether the session is there still.
    "looks": {"statements": 1, "transactions": 1, "writes": 0, "redis": 1, "sqs": 0},
}


def beats_in(counts: Counts) -> Beats:
    """Find out how many beats are in the counts of a film, by their statements."""

    def number(part: str, who: str, beginning: str) -> int:
        return sum(
            count
            for key, count in counts.items()
            if (key.part, key.who) == (part, who) and key.what.startswith(beginning)
        )

    return Beats(
        tells=counts[Key("redis", "", "hexists")],
        leases=number("postgres", "worker", "UPDATE job_tasks SET lease_until="),
        told=number("postgres", "api", "SELECT videos.id, videos.user_id, videos.title"),
        looks=number("postgres", "api", "SELECT videos.id, videos.version, videos.updated_at"),
    )


def beats_for(encode_s: float, beat_s: float, besides: float = 0, pages: int = 1) -> Beats:
    """Return the beats of an encoding.

    Args:
        encode_s: how long it takes.
        beat_s: from one beat to the next: PROGRESS_S and what the beat itself takes.
        besides: what a page is told besides progress.
        pages: that are open.
    """
    return Beats(
        tells=encode_s / beat_s,
        leases=encode_s // HEARTBEAT_S,
        told=besides * pages,
        looks=encode_s / LOOK_S * pages,
    )


def asked(beats: Beats) -> dict[str, float]:
    """Return what beats ask: statements, transactions, writes, commands of Redis, SQS requests."""
    names = PER_BEAT["tells"]
    return {
        name: sum(getattr(beats, kind) * PER_BEAT[kind][name] for kind in PER_BEAT)
        for name in names
    }


def requests_for(sizes: Sizes) -> dict[str, int]:
    """Return the requests to S3 of a film; one poster and one log are among them."""
    parts = part_count_for(sizes.source, part_size_for(sizes.source))
    large = [size for size in sizes.renditions if size >= 2 * PART]
    length = range_length(sizes.source, _CONNECTIONS)
    # Of a film that is read while it arrives the head and the tail are looked at before.
    looked = 2 if sizes.source >= DEFAULT_SHAPE.smallest else 0
    return {
        "CompleteMultipartUpload": 1 + len(large),
        "CreateMultipartUpload": 1 + len(large),
        "GET": -(-sizes.source // length) + looked + 1,  # and the page's, of the poster
        "HEAD": 1 + len(sizes.renditions) + 1,
        "OPTIONS": parts,  # a browser asks before it sends to another address, for each URL
        "LIST": -(-parts // _LISTED),
        "PUT": len(sizes.renditions) - len(large) + 2,
        "UploadPart": parts + sum(-(-size // PART) for size in large),
    }


def computed(
    base: dict[str, Any], base_beats: Beats, base_sizes: Sizes, beats: Beats, sizes: Sizes
) -> dict[str, Any]:
    """Return the figures of a film that differs from a counted one in beats and sizes.

    Args:
        base: figures of the film that was counted.
        base_beats: its beats.
        base_sizes: its sizes.
        beats: those of the other.
        sizes: those of the other.
    """
    before, after = asked(base_beats), asked(beats)
    more = {name: round(after[name] - before[name]) for name in after}
    # Signing a window of parts reads the upload's row, and looks the session up.
    signed = _windows(sizes) - _windows(base_sizes)
    postgres = {
        "statements": base["postgres"]["statements"] + more["statements"] + signed,
        "transactions": base["postgres"]["transactions"] + more["transactions"] + signed,
        "writes": base["postgres"]["writes"] + more["writes"],
    }
    return {
        "postgres": postgres,
        "redis": {"commands": base["redis"]["commands"] + more["redis"] + signed},
        "sqs": {
            "requests": base["sqs"]["requests"] + more["sqs"],
            "messages": base["sqs"]["messages"],
        },
        "s3": requests_for(sizes),
        "api": {"requests": base["api"]["requests"] + signed},
    }


def windows(part_count: int) -> list[range]:
    """Return the numbers of the parts whose URLs the page asks for in each request.

    It sends four at once and asks for eight URLs; whenever one of the next four has none, it asks
    for those that lack of the next eight: five (frontend/src/uploads/engine/urls.ts).
    """
    beginnings = [1, *range(1 + _FIRST, part_count + 1, _MORE)]
    ends = [*beginnings[1:], part_count + 1]
    return [range(first, end) for first, end in zip(beginnings, ends, strict=True)]


def _windows(sizes: Sizes) -> int:
    return len(windows(part_count_for(sizes.source, part_size_for(sizes.source))))
