"""What is simulated: loads, fleets and mishaps. Pure."""

import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace

from bench.fleet.capacity import Shock
from bench.fleet.load import HOUR_S, Load, load
from bench.fleet.model import Setting, simulate
from bench.fleet.outcome import Outcome
from bench.fleet.policy import Policy
from bench.fleet.prices import WorkerPrice
from bench.fleet.times import TaskTimes
from infra.sizes import SIZES, Size

_SEED = 20
# Of one Spot worker in an hour, where a case is not about it. AWS publishes no figure for Fargate;
# its Spot Instance Advisor calls less than 5 % of EC2 instances in a month the best class.
_USUAL_INTERRUPTIONS = 0.01


@dataclass(frozen=True)
class Case:
    """One simulation.

    Attributes:
        name: of its picture.
        title: for people.
        size: the deployment whose workers and scaling are used.
        rate: videos an hour at a moment in seconds.
        highest: what `rate` never exceeds.
        hours: for which videos arrive.
        interruptions_per_h: of one Spot worker.
        shocks: mishaps.
    """

    name: str
    title: str
    size: Size
    rate: Callable[[float], float]
    highest: float
    hours: float
    interruptions_per_h: float = _USUAL_INTERRUPTIONS
    shocks: tuple[Shock, ...] = ()


def policy_of(size: Size) -> Policy:
    """Return the scaling of a size."""
    return Policy(most=size.worker_max, on_demand_base=size.worker_on_demand)


def price_of(size: Size) -> WorkerPrice:
    """Return what a worker of a size costs."""
    return WorkerPrice(size.worker_cpu / 1024, size.worker_memory_mb / 1024, size.worker_disk_gb)


def service_s(times: TaskTimes, size: Size, source_s: "array[float]") -> "array[float]":
    """Return for how long each film keeps a worker busy."""
    vcpu = size.worker_cpu / 1024
    return array("d", (times.seconds(length, vcpu) for length in source_s))


def run(case: Case, times: TaskTimes) -> tuple[Load, Outcome]:
    """Simulate a case; the same outcome every time."""
    size = case.size
    arriving = load(case.rate, case.highest, case.hours, _SEED)
    setting = Setting(
        arrivals=arriving.arrivals,
        service_s=service_s(times, size, arriving.source_s),
        policy=policy_of(size),
        interruptions_per_h=case.interruptions_per_h,
        shocks=case.shocks,
        seed=_SEED,
        until_s=case.hours * HOUR_S,
    )
    return arriving, simulate(setting)


def _steady(per_hour: float) -> Callable[[float], float]:
    return lambda _moment: per_hour


def _daily(moment: float) -> float:
    """Return 1,000 an hour on average: 50 in the dead of night, 1,950 twelve hours later."""
    return 1000 - 950 * math.cos(moment / HOUR_S / 24 * 2 * math.pi)


def _crowd(moment: float) -> float:
    """Return 1,000 an hour, and 20,000 in the ten minutes after the second hour."""
    return 120_000 + 1000 if 0 <= moment - 2 * HOUR_S < 600 else 1000


_LARGE = SIZES["large"]


def _narrow(most: int) -> Size:
    """Return `large` with workers of 4 vCPU, the width that is cheap and still fast, and more."""
    return replace(
        _LARGE,
        name="narrow",
        worker_cpu=4096,
        worker_memory_mb=8192,
        worker_disk_gb=30,
        worker_max=most,
    )


_AT = 3 * HOUR_S

CASES = (
    Case("steady-10", "10 videos an hour", SIZES["small"], _steady(10), 10, 24),
    Case("steady-1000", "1,000 videos an hour", _LARGE, _steady(1000), 1000, 24),
    Case(
        "steady-100000", "100,000 videos an hour", _narrow(5000), _steady(100_000), 100_000, 24
    ),
    Case("daily", "Days and nights, 1,000 an hour on average", _LARGE, _daily, 1950, 48),
    Case("crowd", "20,000 more within ten minutes", _LARGE, _crowd, 121_000, 8),
    Case(
        "crowd-narrow", "20,000 more within ten minutes, up to 1,000 workers of 4 vCPU",
        _narrow(1000), _crowd, 121_000, 8,
    ),
    Case(
        "spot-5", "5 % of the Spot workers taken an hour", _LARGE, _steady(1000), 1000, 24,
        interruptions_per_h=0.05,
    ),
    Case(
        "spot-20", "20 % of the Spot workers taken an hour", _LARGE, _steady(1000), 1000, 24,
        interruptions_per_h=0.2,
    ),
    Case(
        "reclaim", "Half of the Spot workers taken at once, no others for 30 minutes",
        _LARGE, _steady(1000), 1000, 8, shocks=(Shock(_AT, 0.5, 1800, with_notice=True),),
    ),
    Case(
        "zone", "A zone lost: a third of the workers dead, no others for 15 minutes",
        _LARGE, _steady(1000), 1000, 8, shocks=(Shock(_AT, 1 / 3, 900),),
    ),
)  # fmt: skip
