"""Where a deployment reaches the end of something, and at how many videos an hour. Pure.

Bounds are of two kinds: some are documented or measured, others derived from what a part has; each
says which.
"""

from collections.abc import Callable
from dataclasses import dataclass

from bench.fleet.counts import PerFilm
from bench.fleet.load import MEAN_S
from bench.fleet.times import TaskTimes
from infra.sizes import Size

_HOUR_S = 3600.0
_GIB = 2**30
_MEMORY_GIB = {"t4g.micro": 1, "t4g.small": 2, "m7g.large": 8, "r7g.xlarge": 32}
# What a worker opens at the most (workers/main.py), and an API process (DATABASE_POOL_SIZE).
_WORKER_CONNECTIONS, _API_CONNECTIONS = 3, 10
# `crowd_uploads_per_s`, `sign4_rate` and `api_rate` of `python -m bench`, on two cores.
_UPLOADS_PER_S, _SIGNED_PER_S, _LOOKED_PER_S = 85.0, 4200.0, 6900.0


@dataclass(frozen=True)
class Limit:
    """One bound.

    Attributes:
        part: what is used.
        bound: how much of it there is.
        unit: of the bound.
        used: how much is used at a number of videos an hour.
        source: where the bound is from.
    """

    part: str
    bound: float
    unit: str
    used: Callable[[float], float]
    source: str

    @property
    def reached_at(self) -> float:
        """Videos an hour at which the bound is reached; use grows in proportion beyond its base."""
        base = self.used(0)
        return (self.bound - base) / (self.used(1) - base)


def limits(size: Size, times: TaskTimes, film: PerFilm | None) -> list[Limit]:
    """Return the bounds of a deployment, for films of the mean length; the first reached first.

    Args:
        size: the deployment.
        times: of an encode.
        film: what a film causes; without it only what follows from the fleet is told.
    """
    busy_s = times.seconds(MEAN_S, size.worker_cpu / 1024)
    found = [*_of_fleet(size, busy_s), *(_of_film(size, film) if film else ())]
    return sorted(found, key=lambda each: each.reached_at)


def _of_fleet(size: Size, busy_s: float) -> list[Limit]:
    def workers(per_hour: float) -> float:
        return per_hour * busy_s / _HOUR_S

    api = size.api_tasks_max * _API_CONNECTIONS
    return [
        Limit("workers", size.worker_max, "workers", workers, "`worker_max` of this size"),
        Limit(
            "workers of one ECS service", 5000, "workers", workers,
            "service quota of ECS; a second service begins anew",
        ),
        Limit(
            "connections to Postgres", connections(size.database_class), "connections",
            lambda per_hour: api + workers(per_hour) * _WORKER_CONNECTIONS,
            "`max_connections` of RDS: memory / 9,531,392 bytes, 5,000 at the most; 3 for each "
            "worker, 10 for each API process",
        ),
        Limit(
            "addresses in the private subnets", size.zones * (2**12 - 5), "addresses", workers,
            "a /20 in each zone, of which AWS keeps 5",
        ),
        Limit(
            "messages in flight", 120_000, "messages", workers,
            "quota of a standard queue of SQS",
        ),
    ]  # fmt: skip


def _of_film(size: Size, film: PerFilm) -> list[Limit]:
    def a_second(count: float, base: float = 0.0) -> Callable[[float], float]:
        return lambda per_hour: base + per_hour * count / _HOUR_S

    iops = 12_000 if size.database_gb >= 400 else 3_000
    processes = size.api_tasks_max
    return [
        Limit(
            "API processes at work", processes, "processes",
            a_second(
                1 / _UPLOADS_PER_S
                + film.signed / _SIGNED_PER_S
                + film.transactions / _LOOKED_PER_S
            ),
            f"measured of one: {_UPLOADS_PER_S:.0f} whole uploads a second with 200 clients, "
            "clients and stores on the same two cores, "
            f"{_SIGNED_PER_S:,.0f} requests a second for URLs of parts, {_LOOKED_PER_S:,.0f} for a "
            "video; an open page follows the video; this size may have as many tasks",
        ),
        Limit(
            "writing statements of Postgres", iops / 2, "statements/s",
            a_second(film.writes, processes * film.idle_writes),
            f"derived: {iops:,} operations a second of gp3 at this size, two for each statement "
            "(its log record, its page at the next checkpoint), none saved by committing together",
        ),
        Limit(
            "Redis commands", 80_000, "commands/s", a_second(film.redis),
            "assumed of one node, which runs commands on one thread",
        ),
        Limit(
            "S3 requests that write", 3_500, "requests/s", a_second(film.s3_writes),
            "AWS: at least so many in a partitioned prefix (repost.aws/knowledge-center/"
            "s3-object-key-naming-pattern); it partitions further by itself, which takes 30 to 60 "
            "minutes by a comment there",
        ),
        Limit(
            "S3 requests that read", 5_500, "requests/s", a_second(film.s3_reads), "as above",
        ),
    ]  # fmt: skip


def connections(database_class: str) -> int:
    """Return RDS's default of `max_connections` for a class; a little of its memory is not ours."""
    return min(int(_MEMORY_GIB[database_class] * _GIB * 0.95 / 9_531_392), 5000)
