"""The sizes: what each promises, and that what they ask for can be had."""

from dataclasses import asdict

import pytest

from infra.sizes import SIZES, Size, size_named

# Cores (in 1/1024) and the memory (in MiB) that Fargate offers with them, from the documentation
# of ECS task definitions: least, most, step.
_FARGATE = {
    256: (512, 2048, 512),
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16_384, 1024),
    4096: (8192, 30_720, 1024),
    8192: (16_384, 61_440, 4096),
    16_384: (32_768, 122_880, 8192),
}

every = pytest.mark.parametrize("size", SIZES.values(), ids=lambda size: size.name)


def test_a_size_is_found_by_its_name() -> None:
    assert [size_named(name).name for name in ("dev", "small", "medium", "large")] == [*SIZES]


def test_an_unknown_size_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(
        ValueError, match=r"^There is no size 'huge'; choose one of dev, small, .*$"
    ):
        size_named("huge")


@every
def test_fargate_offers_the_tasks(size: Size) -> None:
    for cpu, memory in (
        (size.api_cpu, size.api_memory_mb),
        (size.worker_cpu, size.worker_memory_mb),
    ):
        least, most, step = _FARGATE[cpu]
        assert least <= memory <= most
        assert (memory - least) % step == 0


@every
def test_the_limits_of_aws_are_kept(size: Size) -> None:
    assert 21 <= size.worker_disk_gb <= 200
    assert 1 <= size.backup_days <= 35
    assert size.database_gb >= 20
    # RDS refuses a limit that is less than a tenth above what there is.
    assert size.database_max_gb >= 1.1 * size.database_gb
    assert size.zones >= 2
    assert size.nat_gateways <= size.zones
    assert size.requests_per_5_minutes >= 10
    # Intelligent-Tiering takes an object on any day; the standard-IA class only after 30.
    assert size.rendition_tier_days >= 0


@every
def test_what_runs_at_the_least_is_not_more_than_at_the_most(size: Size) -> None:
    assert 1 <= size.api_tasks <= size.api_tasks_max
    assert 0 <= size.worker_on_demand <= size.worker_max


@every
def test_the_disk_holds_the_largest_source_and_what_is_made_of_it(size: Size) -> None:
    assert size.worker_disk_gb >= 20 + 4  # UPLOAD_MAX_BYTES is 20 GiB


def test_only_dev_forgets() -> None:
    assert [name for name, size in SIZES.items() if not size.keep_data] == ["dev"]


def test_a_larger_size_is_not_smaller_in_anything() -> None:
    sizes = [asdict(size) for size in SIZES.values()]
    grow = ("zones", "nat_gateways", "database_gb", "database_max_gb", "backup_days",
            "redis_replicas", "api_tasks", "api_tasks_max", "worker_cpu", "worker_disk_gb",
            "worker_max", "monthly_budget_usd", "requests_per_5_minutes")  # fmt: skip
    for name in grow:
        values = [size[name] for size in sizes]
        assert values == sorted(values), name
