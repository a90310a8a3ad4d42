"""The figures of a run that people compare. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.fleet.load import Load
from bench.fleet.outcome import Outcome
from bench.fleet.prices import WorkerPrice

_PERCENTS = (50, 95, 99)


@dataclass(frozen=True)
class Figures:
    """What a case came to; times in seconds.

    Attributes:
        videos: that arrived.
        failed: that were given up.
        source_min: minutes of film.
        wait: from complete to the beginning of the first attempt: p50, p95, p99.
        ready: from complete to ready: p50, p95, p99.
        spot_h: hours of Spot workers.
        on_demand_h: hours of the other workers.
        peak: workers at most.
        busy: the share of the paid slots' time in which a film was worked on.
        lost: the share of the paid slots' time that went into attempts that were not finished.
        interrupted: attempts that were not finished.
        usd_per_1000_min: workers alone, for 1,000 minutes of film.
    """

    videos: int
    failed: int
    source_min: float
    wait: tuple[float, ...]
    ready: tuple[float, ...]
    spot_h: float
    on_demand_h: float
    peak: int
    busy: float
    lost: float
    interrupted: int
    usd_per_1000_min: float


def figures(
    arriving: Load, service_s: float, slots: int, out: Outcome, price: WorkerPrice
) -> Figures:
    """Return the figures of an outcome.

    Args:
        arriving: the videos.
        service_s: seconds that all of them together keep slots busy, each once.
        slots: of a worker.
        out: what the simulation found.
        price: of a worker.
    """
    source_min = sum(arriving.source_s) / 60
    paid_s = (out.spot_s + out.on_demand_s) * slots
    return Figures(
        videos=len(arriving.arrivals),
        failed=out.failed,
        source_min=source_min,
        wait=percentiles(since(out.started, arriving)),
        ready=percentiles(since(out.ready, arriving)),
        spot_h=out.spot_s / 3600,
        on_demand_h=out.on_demand_s / 3600,
        peak=max(minute.workers for minute in out.minutes),
        busy=(service_s + out.lost_s) / paid_s,
        lost=out.lost_s / paid_s,
        interrupted=out.interrupted,
        usd_per_1000_min=price.cost(out.spot_s, out.on_demand_s) / source_min * 1000,
    )


def since(moments: Iterable[float], arriving: Load) -> list[float]:
    """Return the seconds from complete to a moment, of the videos that reached it."""
    return [
        moment - began
        for moment, began in zip(moments, arriving.arrivals, strict=True)
        if moment >= 0
    ]


def percentiles(values: list[float]) -> tuple[float, ...]:
    """Return p50, p95 and p99: the smallest value that so many percent do not exceed."""
    values.sort()
    return tuple(values[max(-(-len(values) * percent // 100) - 1, 0)] for percent in _PERCENTS)
