"""What becomes of a failed attempt."""

import pytest

from core.errors import Failure, TransientError
from core.model.failure_codes import FailureCode
from workers.runtime.classify_error import Again, GiveUp, RetryPolicy, backoff_s, decide

POLICY = RetryPolicy(max_attempts=3, max_job_s=3600, base_s=5)
AWAY = TransientError("the store is away", charge=False)
BROKEN = TransientError(
    "it crashed", Failure(FailureCode.RESOURCE_LIMIT, "Try again.", retryable=True)
)


def decided(
    error: TransientError, attempt: int, *, charged: int | None = None, age_s: float = 0
) -> Again | GiveUp:
    return decide(
        error,
        POLICY,
        attempt=attempt,
        charged=attempt if charged is None else charged,
        age_s=age_s,
        chance=1.0,
    )


def test_attempts_are_counted_and_then_given_up_with_the_last_reason() -> None:
    assert [decided(BROKEN, attempt) for attempt in (1, 2)] == [Again(5, True), Again(20, True)]
    assert decided(BROKEN, 3) == GiveUp(BROKEN.failure)


def test_an_outage_is_waited_out_however_often_it_is_met() -> None:
    delays = [decided(AWAY, attempt, charged=1) for attempt in (1, 2, 3, 4, 5, 1000)]
    assert delays == [Again(each, False) for each in (5, 20, 60, 60, 60, 60)]


def test_a_job_that_went_on_for_too_long_is_given_up_though_nothing_was_charged() -> None:
    assert decided(AWAY, 2, charged=1, age_s=3570) == Again(20, False)
    assert decided(AWAY, 2, charged=1, age_s=3590) == GiveUp(AWAY.failure)


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
def test_waits_are_spread(chance: float) -> None:
    assert backoff_s(2, 5, chance) == 20 * (0.5 + 0.5 * chance)
