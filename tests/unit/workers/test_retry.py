"""What becomes of a failed attempt."""

import pytest

from core.errors import TransientError
from tests.support.settings import Settings
from workers.runtime.classify_error import backoff_s, retry_in

SETTINGS = Settings.model_construct(max_attempts=3, max_job_s=3600, retry_base_s=5)
AWAY = TransientError("the store is away", charge=False)
BROKEN = TransientError("it crashed")


@pytest.fixture(autouse=True)
def chance(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> float:
    """What chance says, from 0 to 1."""
    said = float(getattr(request, "param", 1.0))
    monkeypatch.setattr("random.random", lambda: said)
    return said


def waits(
    error: TransientError, attempt: int, *, charged: int | None = None, age_s: float = 0
) -> float | None:
    return retry_in(
        error,
        SETTINGS,
        attempt=attempt,
        charged=attempt if charged is None else charged,
        age_s=age_s,
    )


def test_attempts_are_counted_and_then_given_up() -> None:
    assert [waits(BROKEN, attempt) for attempt in (1, 2, 3)] == [5, 20, None]


def test_an_outage_is_waited_out_however_often_it_is_met() -> None:
    delays = [waits(AWAY, attempt, charged=1) for attempt in (1, 2, 3, 4, 5, 1000)]
    assert delays == [5, 20, 60, 60, 60, 60]


def test_a_job_that_went_on_for_too_long_is_given_up_though_nothing_was_charged() -> None:
    assert waits(AWAY, 2, charged=1, age_s=3570) == 20
    assert waits(AWAY, 2, charged=1, age_s=3590) is None


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0], indirect=True)
def test_waits_are_spread(chance: float) -> None:
    assert backoff_s(2, 5) == 20 * (0.5 + 0.5 * chance)
