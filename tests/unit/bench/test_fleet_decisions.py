"""The small decisions around the simulation: scaling, loads, times, prices, tables."""

import json
import statistics
from array import array
from pathlib import Path

import pytest

from bench.counting.formula import Sizes, requests_for
from bench.fleet import __main__ as command
from bench.fleet import counts, load, table, times
from bench.fleet.cases import CASES, policy_of, price_of
from bench.fleet.figures import figures
from bench.fleet.limits import connections, limits
from bench.fleet.outcome import Minute, Outcome
from bench.fleet.policy import Policy, Sample, desired
from bench.fleet.prices import WorkerPrice
from bench.fleet.times import TaskTimes, part_alone
from infra.sizes import SIZES

TIMES = TaskTimes(cpu_s_per_s=0.6, alone=0.15)


def seen(*loads: int) -> list[Sample]:
    return [Sample(60.0 * at, number, 0) for at, number in enumerate(loads)]


def test_workers_follow_the_load_up_at_once_and_down_after_a_calm() -> None:
    policy = Policy(most=20)
    assert desired(policy, seen(3), now=0, unchanged_s=0) == 3
    assert desired(policy, seen(500), now=3, unchanged_s=0) == 20
    assert desired(policy, seen(3), now=20, unchanged_s=599) == 20
    assert desired(policy, seen(3), now=20, unchanged_s=600) == 3


def test_the_last_worker_goes_after_idle_minutes_only() -> None:
    policy = Policy(most=20, idle_min=3)
    assert desired(policy, seen(1, 0, 0), now=2, unchanged_s=9e9) == 2
    assert desired(policy, seen(1, 0, 0, 0), now=2, unchanged_s=9e9) == 0
    assert desired(policy, [], now=0, unchanged_s=0) == 0


def test_messages_at_work_count_too() -> None:
    assert desired(Policy(most=9), [Sample(0, 0, 4)], now=0, unchanged_s=0) == 4


def test_lengths_have_the_stated_median_mean_and_end() -> None:
    made = load.lengths(200_000, seed=1)
    assert statistics.median(made) == pytest.approx(180, rel=0.03)
    assert statistics.fmean(made) == pytest.approx(480, rel=0.02)
    assert max(made) <= 7200


def test_arrivals_follow_the_rate_and_never_go_back() -> None:
    made = load.arrivals(lambda at: 3000 if at < 1800 else 1000, 3000, 3600, seed=1)
    first = sum(1 for moment in made if moment < 1800)
    assert first == pytest.approx(1500, rel=0.1)
    assert len(made) - first == pytest.approx(500, rel=0.15)
    assert list(made) == sorted(made)


@pytest.mark.parametrize(("used", "alone"), [(2.0, 0.0), (1.0, 1.0), (2.2, 0.0), (1.6, 0.25)])
def test_the_part_that_runs_alone_follows_from_the_cores_in_use(used: float, alone: float) -> None:
    assert part_alone(used, cores=2) == pytest.approx(alone)


def test_more_cores_are_faster_but_never_in_proportion() -> None:
    assert TIMES.speedup(1) == pytest.approx(1)
    assert TIMES.speedup(2) < 2
    assert TIMES.speedup(16) < 2 * TIMES.speedup(8)
    assert TIMES.seconds(480, 8) < TIMES.seconds(480, 4) < TIMES.seconds(960, 4)


def test_what_was_measured_is_linear_in_the_length() -> None:
    measured = json.loads(times.MEASURED.read_text())
    per_s = [each["cpu_s"] / each["source_s"] for each in measured["encodes"]]
    assert len(per_s) >= 3
    assert max(per_s) / min(per_s) < 1.05
    assert times.load().cpu_s_per_s == pytest.approx(per_s[-1])


def test_a_spot_worker_costs_less_but_for_its_disk() -> None:
    price = WorkerPrice(vcpu=4, memory_gb=8, disk_gb=120, spot_share=0.3)
    compute = 4 * 0.04048 + 8 * 0.004445
    assert price.on_demand == pytest.approx(compute + 100 * 0.000111)
    assert price.spot == pytest.approx(compute * 0.3 + 100 * 0.000111)
    assert price.cost(1800, 3600) == pytest.approx(price.spot / 2 + price.on_demand)


def test_figures_are_of_those_that_got_there() -> None:
    arriving = load.Load(array("d", [0, 10, 20]), array("d", [600, 600, 1200]))
    out = Outcome(
        started=array("d", [5, 10, -1]), ready=array("d", [105, 60, -1]),
        times_ready=bytearray([1, 1, 0]), failed=1, lost_s=50.0, spot_s=400.0,
        minutes=[Minute(3, 0, 2, 2, 2, 0)],
    )  # fmt: skip
    found = figures(arriving, service_s=150.0, slots=1, out=out, price=WorkerPrice(1, 0, 0))
    assert (found.wait, found.ready) == ((0, 5, 5), (50, 105, 105))
    assert (found.busy, found.lost) == (0.5, 0.125)
    assert found.source_min == 40
    assert found.usd_per_1000_min == pytest.approx(400 / 3600 * 0.04048 * 0.3 / 40 * 1000)


def test_cases_use_the_scaling_and_the_workers_of_the_deployment() -> None:
    size = SIZES["medium"]
    assert policy_of(size).most == size.worker_max
    assert policy_of(size).on_demand_base == size.worker_on_demand
    assert price_of(size).vcpu * 1024 == size.worker_cpu
    assert len({case.name for case in CASES}) == len(CASES)


def film(encode_s: float, each: float) -> dict[str, object]:
    return {
        "encode_wall_s": encode_s,
        "postgres": {"statements": each, "transactions": each, "writes": each},
        "redis": {"commands": each},
        "sqs": {"requests": each, "messages": 1},
    }


COUNTED = {
    "film_21s": film(10, 100),
    "film_2h": film(1010, 2100),
    "idle_per_minute": {"postgres": {"writes": 30}},
}
MIB = 2**20


def test_what_goes_by_the_clock_grows_with_the_seconds_of_the_encode() -> None:
    sizes = Sizes(MIB, (MIB,))
    assert counts.per_film(COUNTED, 10, sizes).writes == 100
    assert counts.per_film(COUNTED, 110, sizes).transactions == pytest.approx(300)
    assert counts.per_film(COUNTED, 110, sizes).idle_writes == 0.5


def test_requests_for_bytes_grow_with_the_bytes_and_not_with_the_encode() -> None:
    small = counts.per_film(COUNTED, 10, Sizes(MIB, (MIB, MIB)))
    large = counts.per_film(COUNTED, 10, Sizes(1000 * MIB, (MIB, MIB)))
    slow = counts.per_film(COUNTED, 900, Sizes(MIB, (MIB, MIB)))
    assert large.s3_writes > 10 * small.s3_writes
    assert large.s3_reads > 2 * small.s3_reads
    assert large.signed > small.signed == 1
    assert (slow.s3_writes, slow.s3_reads) == (small.s3_writes, small.s3_reads)


def test_a_browsers_question_is_no_request_of_s3s_rates() -> None:
    sizes = Sizes(MIB, (MIB,))
    asked = requests_for(sizes)
    found = counts.per_film(COUNTED, 10, sizes)
    assert found.s3_reads == asked["GET"] + asked["HEAD"] + asked["LIST"]
    assert found.s3_writes + found.s3_reads == sum(asked.values()) - asked["OPTIONS"]


def test_the_table_of_counts_has_what_was_counted() -> None:
    counted = counts.load()
    assert counted is not None
    rows = [row.strip("| ").split(" | ") for row in table.counts_table(counted).splitlines()]
    found = {row[0]: row[1:] for row in rows}
    short, long = counted["film_21s"], counted["film_2h"]
    statements = [f"{film['postgres']['statements']:,}" for film in (short, long)]
    assert found["statements to Postgres"][:2] == statements
    assert found["messages in SQS"] == ["1", "1", "1"]
    assert found["… `UploadPart`"][1] == str(long["s3"]["UploadPart"])
    assert found["requests to S3"][0] == str(sum(short["s3"].values()))


def test_the_page_has_the_tables_of_what_is_committed() -> None:
    page = (Path(table.__file__).parents[2] / "docs" / "scaling.md").read_text()
    counted, measured = counts.load(), times.load()
    assert counted is not None
    assert table.counts_table(counted) in page
    assert table.limits_table(measured, counted) in page
    assert table.workers_table(measured) in page
    assert table.sizes_table(measured) in page
    assert table.hosted_table() in page


def test_some_cases_alone_leave_the_table_of_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    names = ("cases", "workers", "sizes", "limits", "hosted", "counts")
    page.write_text("".join(f"<!-- {name} -->\nold {name}\n<!-- /{name} -->\n" for name in names))
    monkeypatch.setattr(command, "_RESULTS", tmp_path / "fleet.json")
    assert command.main(["--case", "steady-10", "--docs", str(page)]) == 0
    assert [name for name in names if f"old {name}" in page.read_text()] == ["cases"]


def test_the_committed_counts_are_of_that_shape() -> None:
    counted = counts.load()
    assert counted is not None
    found = counts.per_film(counted, 100, Sizes(MIB, (MIB,)))
    assert 10 < found.writes < found.transactions * 2 < 5000


def test_no_counts_are_no_fault(tmp_path: Path) -> None:
    assert counts.load(tmp_path / "counts.json") is None
    assert "writing statements" not in table.limits_table(TIMES, None)


def test_the_first_bound_comes_first_and_is_reached_where_it_says() -> None:
    size = SIZES["large"]
    asked = counts.PerFilm(
        transactions=9,
        writes=900,
        redis=9,
        sqs=9,
        signed=9,
        s3_writes=9,
        s3_reads=9,
        idle_writes=10,
    )
    found = limits(size, TIMES, asked)
    reached = [each.reached_at for each in found]
    assert reached == sorted(reached)
    for each in found:
        assert each.used(each.reached_at) == pytest.approx(each.bound)
    writes = next(each for each in found if "writing" in each.part)
    assert writes.reached_at == pytest.approx((6000 - 24 * 10) / 900 * 3600)


def test_every_database_class_in_use_has_a_number_of_connections() -> None:
    numbers = [connections(size.database_class) for size in SIZES.values()]
    assert numbers == sorted(numbers)
    assert numbers[-1] <= 5000
    # What these sizes run at the most fits.
    for size, number in zip(SIZES.values(), numbers, strict=True):
        assert size.worker_max * 3 + size.api_tasks_max * 10 < number


def test_a_table_replaces_what_stood_between_its_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- it -->\nold\n<!-- /it -->\nbelow\n")
    table.put(page, "it", "| new |")
    table.put(page, "it", "| newer |")
    assert page.read_text() == "above\n<!-- it -->\n\n| newer |\n\n<!-- /it -->\nbelow\n"
    with pytest.raises(ValueError, match="no marks for other"):
        table.put(page, "other", "")
