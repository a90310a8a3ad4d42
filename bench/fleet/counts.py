"""What one film asks of each part, from counts of two films. Pure but for `load`.

`counts.json` was made by `python -m bench --only counts`: statements, commands and requests that
one film of 21 s and one of 2 h caused. What goes on while FFmpeg works (progress, leases, looks at
whether the film was cancelled, pages that follow it) goes by the clock: of those each count is
taken to be a fixed number for every film and another for every second of its encode. Requests for
the bytes follow from sizes, by the product's own sizes of parts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.counting.formula import Sizes, requests_for, windows
from core.uploads.multipart import part_count_for, part_size_for

COUNTS = Path(__file__).with_name("counts.json")
# How S3 counts requests: it allows 5,500 of these a second in a prefix, and 3,500 of all others.
_READS = frozenset({"GET", "HEAD", "LIST"})
# A browser's question whether it may send: S3's request rates do not name it.
_NEITHER = frozenset({"OPTIONS"})


@dataclass(frozen=True)
class PerFilm:
    """What one film causes.

    Attributes:
        transactions: of Postgres, reading and writing.
        writes: statements of Postgres that change rows.
        redis: commands.
        sqs: requests.
        signed: requests of the page for URLs of parts.
        s3_writes: requests that write, and those that manage multipart uploads.
        s3_reads: requests that read or list.
        idle_writes: statements a second that an API process makes without any film.
    """

    transactions: float
    writes: float
    redis: float
    sqs: float
    signed: float
    s3_writes: float
    s3_reads: float
    idle_writes: float


def load(path: Path = COUNTS) -> dict[str, Any] | None:
    """Return the counts; None while there are none."""
    return json.loads(path.read_text()) if path.exists() else None


def per_film(counts: Mapping[str, Any], encode_s: float, sizes: Sizes) -> PerFilm:
    """Return what a film causes.

    Args:
        counts: by film: `film_21s` and `film_2h`, each with its `encode_wall_s`.
        encode_s: seconds of its encode, by the clock.
        sizes: bytes of its source and its renditions.
    """
    short, long = counts["film_21s"], counts["film_2h"]
    begins, ends = short["encode_wall_s"], long["encode_wall_s"]

    def along(part: str, name: str) -> float:
        few, many = float(short[part][name]), float(long[part][name])
        part_way = (encode_s - float(begins)) / (float(ends) - float(begins))
        return few + (many - few) * part_way

    requests = requests_for(sizes)
    return PerFilm(
        transactions=along("postgres", "transactions"),
        writes=along("postgres", "writes"),
        redis=along("redis", "commands"),
        sqs=along("sqs", "requests"),
        signed=len(windows(part_count_for(sizes.source, part_size_for(sizes.source)))),
        s3_writes=sum(requests[name] for name in requests.keys() - _READS - _NEITHER),
        s3_reads=sum(requests[name] for name in requests.keys() & _READS),
        idle_writes=float(counts["idle_per_minute"]["postgres"]["writes"]) / 60,
    )
