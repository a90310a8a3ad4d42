"""The simulation against what queueing theory knows, and against its own bookkeeping."""

import itertools
import math
import random
import time
from array import array
from collections.abc import Callable

import pytest

from bench.fleet import load
from bench.fleet.capacity import Shock
from bench.fleet.model import NotWorkedOffError, Setting, simulate
from bench.fleet.outcome import Outcome
from bench.fleet.policy import Policy

HOUR_S = 3600.0
_A_MEAN = pytest.mark.thorough("simulates a hundred thousand videos for each mean")


def poisson(per_s: float, count: int, seed: int) -> "array[float]":
    draw, moment, made = random.Random(seed), 0.0, array("d")
    for _ in range(count):
        moment += draw.expovariate(per_s)
        made.append(moment)
    return made


def fixed_fleet(workers: int) -> Policy:
    """A fleet that is there from the beginning and stays."""
    return Policy(most=workers, fewest=workers, start_s=0.0)


def mean_wait(out: Outcome, arrivals: "array[float]") -> float:
    return sum(out.started) / len(arrivals) - sum(arrivals) / len(arrivals)


def erlang_c(servers: int, offered: float) -> float:
    """The probability that a customer of M/M/c waits."""
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = offered * blocked / (number + offered * blocked)
    used = offered / servers
    return blocked / (1 - used * (1 - blocked))


@_A_MEAN
# Of many servers few customers wait, in heaps: the more noise there is in the mean.
@pytest.mark.parametrize(
    ("servers", "used", "noise"), [(1, 0.6, 0.05), (8, 0.8, 0.06), (40, 0.85, 0.1)]
)
def test_waits_are_those_of_m_m_c(servers: int, used: float, noise: float) -> None:
    mean_s, count = 100.0, 150_000
    arrivals = poisson(servers * used / mean_s, count, seed=1)
    draw = random.Random(2)
    services = array("d", (draw.expovariate(1 / mean_s) for _ in range(count)))
    out = simulate(Setting(arrivals, services, fixed_fleet(servers)))
    expected = erlang_c(servers, servers * used) * mean_s / (servers * (1 - used))
    assert mean_wait(out, arrivals) == pytest.approx(expected, rel=noise)


@_A_MEAN
@pytest.mark.parametrize("used", [0.5, 0.8])
def test_waits_are_those_of_m_d_1(used: float) -> None:
    service_s, count = 100.0, 100_000
    arrivals = poisson(used / service_s, count, seed=3)
    out = simulate(Setting(arrivals, array("d", [service_s]) * count, fixed_fleet(1)))
    expected = used * service_s / (2 * (1 - used))  # Pollaczek and Khinchine
    assert mean_wait(out, arrivals) == pytest.approx(expected, rel=0.05)


def test_a_worker_of_several_slots_is_as_good_as_several_workers() -> None:
    count = 20_000
    arrivals = poisson(0.03, count, seed=4)
    services = array("d", [100.0]) * count
    one = simulate(Setting(arrivals, services, Policy(most=1, fewest=1, start_s=0.0, slots=4)))
    four = simulate(Setting(arrivals, services, fixed_fleet(4)))
    assert one.started == four.started


def troubled(seed: int = 1, policy: Policy | None = None) -> tuple[Setting, Outcome]:
    """An hour of everything that can go wrong: interruptions, a reclaim, a zone."""
    arriving = load.load(lambda _: 400, 400, 4, seed)
    setting = Setting(
        arrivals=arriving.arrivals,
        service_s=array("d", (20 + length / 2 for length in arriving.source_s)),
        policy=policy or Policy(most=60, on_demand_base=2),
        interruptions_per_h=0.5,
        shocks=(
            Shock(1 * HOUR_S, 0.5, 1200, with_notice=True),
            Shock(2 * HOUR_S, 1 / 3, 900),
        ),
        seed=seed,
    )
    return setting, simulate(setting)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_video_is_ready_exactly_once_whatever_happens(seed: int) -> None:
    setting, out = troubled(seed)
    assert out.interrupted > 50  # it did happen
    assert out.failed == 0
    assert set(out.times_ready) == {1}
    for came, begun, ready, busy in zip(
        setting.arrivals, out.started, out.ready, setting.service_s, strict=True
    ):
        assert came <= begun
        assert begun + busy <= ready + 1e-6


def test_paid_time_is_work_and_lost_work_and_idle_time() -> None:
    setting, out = troubled()
    worked_s = sum(setting.service_s) + out.lost_s
    assert worked_s <= out.spot_s + out.on_demand_s
    # The pictures count the same fleet minute by minute.
    counted_s = sum(minute.workers for minute in out.minutes) * 60
    assert counted_s == pytest.approx(out.spot_s + out.on_demand_s, rel=0.03)


def test_a_video_whose_workers_die_each_time_fails_once_and_is_never_ready() -> None:
    arrivals, services = array("d", [1.0, 2.0]), array("d", [30.0, 2 * HOUR_S])
    deaths = tuple(Shock(at, 1.0, 1.0) for at in (600.0, 1200.0, 1800.0))
    out = simulate(Setting(arrivals, services, Policy(most=2, max_attempts=3), shocks=deaths))
    assert (out.failed, list(out.times_ready)) == (1, [1, 0])
    assert out.ready[1] == -1


def test_work_of_a_dead_worker_waits_for_its_lease_and_that_of_a_notified_one_does_not() -> None:
    def ready_after(shock: Shock) -> float:
        policy = Policy(most=2, fewest=2, start_s=0.0, lease_s=62.5)
        setting = Setting(array("d", [10.0]), array("d", [500.0]), policy, shocks=(shock,))
        return simulate(setting).ready[0]

    # Both workers go and come back at once.
    died = ready_after(Shock(100.0, 1.0, 1.0))
    told = ready_after(Shock(100.0, 1.0, 1.0, with_notice=True))
    assert died == pytest.approx(100 + 62.5 + 500)
    assert told == pytest.approx(100 + 1 + 500)


def test_a_seed_gives_the_same_run_and_another_seed_another() -> None:
    assert troubled(5)[1] == troubled(5)[1]
    assert troubled(5)[1] != troubled(6)[1]


def burst(count: int, service_s: float) -> tuple["array[float]", "array[float]"]:
    return array("d", [float(number) for number in range(count)]), array("d", [service_s]) * count


def test_the_fleet_comes_from_nothing_and_goes_back_to_it() -> None:
    arrivals, services = burst(40, 120.0)
    out = simulate(Setting(arrivals, services, Policy(most=20), until_s=HOUR_S))
    workers = [minute.workers for minute in out.minutes]
    assert (workers[0], max(workers), workers[-1]) == (0, 20, 0)
    # The first waits for the figures and the start, and for nothing else.
    assert out.started[0] <= 60 + 60 + 50
    # Ten idle minutes and no more are paid for at the end.
    last = max(index for index, number in enumerate(workers) if number)
    assert last * 60 - max(out.ready) <= 12 * 60


def shrinking(policy: Policy) -> Outcome:
    """Long films among many short ones: the fleet shrinks while the long ones are at work."""
    services = array("d", (3000.0 if number % 10 == 0 else 60.0 for number in range(100)))
    return simulate(Setting(burst(100, 0)[0], services, policy))


def test_scaling_in_loses_work_only_without_protection() -> None:
    guarded = shrinking(Policy(most=50, protect=True))
    bare = shrinking(Policy(most=50, protect=False))
    assert guarded.lost_s == guarded.interrupted == 0
    assert bare.lost_s > 600
    assert set(guarded.times_ready) == set(bare.times_ready) == {1}


def interrupted(policy: Policy) -> Outcome:
    """Films of three minutes on workers that are taken away every two hours."""
    arrivals, services = burst(4000, 180.0)
    return simulate(Setting(arrivals, services, policy, interruptions_per_h=0.5))


def test_time_after_a_notice_saves_work() -> None:
    at_once = interrupted(Policy(most=50, finish_s=0.0))
    finishing = interrupted(Policy(most=50, finish_s=100.0))
    # Of 180 seconds the last 100 are saved.
    assert at_once.interrupted > 50
    assert finishing.interrupted == pytest.approx(at_once.interrupted * 80 / 180, rel=0.25)
    assert set(finishing.times_ready) == {1}


def test_a_fleet_that_never_gets_its_work_done_is_told_of() -> None:
    # Each attempt takes longer than any worker lives.
    setting = Setting(
        array("d", [1.0]), array("d", [40 * HOUR_S]), Policy(most=1), interruptions_per_h=5
    )
    with pytest.raises(NotWorkedOffError, match="1 videos"):
        simulate(setting)


def test_never_more_workers_than_allowed_nor_started_faster_than_ecs_does() -> None:
    arrivals, services = burst(3000, 600.0)
    policy = Policy(most=900, launches_per_min=100)
    out = simulate(Setting(arrivals, services, policy))
    workers = [minute.workers for minute in out.minutes]
    assert max(workers) == 900
    assert max(b - a for a, b in itertools.pairwise(workers)) <= 100


def test_as_long_as_spot_is_short_the_fleet_stays_small() -> None:
    arrivals, services = burst(2000, 300.0)
    shock = Shock(1200.0, 0.5, 1800.0, with_notice=True)
    policy = Policy(most=40, on_demand_base=4)
    out = simulate(Setting(arrivals, services, policy, shocks=(shock,)))
    assert {minute.workers for minute in out.minutes[21:50]} == {40 - 18}
    assert out.minutes[52].workers == 40


def at_rate(per_hour: float) -> Callable[[float], float]:
    return lambda _: per_hour


def test_a_hundred_thousand_an_hour_take_bounded_time(
    figure: Callable[[str, object], None],
) -> None:
    """Two hours of it here; a day is twelve times as many videos, one heap and one queue."""
    began = time.process_time()
    arriving = load.load(at_rate(100_000), 100_000, 2, seed=1)
    services = array("d", (1.5 + 0.34 * length for length in arriving.source_s))
    out = simulate(
        Setting(arriving.arrivals, services, Policy(most=5000), interruptions_per_h=0.01)
    )
    spent = time.process_time() - began
    figure("fleet simulation, microseconds of CPU a video", round(spent / len(services) * 1e6, 1))
    assert set(out.times_ready) == {1}
    assert spent < 60 / 12 * 1.5
    assert math.isfinite(out.spot_s)
