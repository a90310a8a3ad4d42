"""How slow a transfer may be."""

from workers.transfer_limits import DEFAULT_PACE, Pace

MIB = 1024**2


def test_patience_grows_with_the_size() -> None:
    assert Pace(least_rate=100, grace_s=2).patience_s(0) == 2
    assert Pace(least_rate=100, grace_s=2).patience_s(1000) == 12


def test_a_block_and_a_part_are_given_up_within_minutes() -> None:
    assert DEFAULT_PACE.patience_s(MIB) < 60
    assert DEFAULT_PACE.patience_s(16 * MIB) < 600


def test_ten_kilobytes_a_second_are_too_slow() -> None:
    assert DEFAULT_PACE.patience_s(MIB) < MIB / 10_000
