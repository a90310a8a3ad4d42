import pytest

from client.retry import TRIES, Again, Outcome, after_call, after_part, final, lost


@pytest.mark.parametrize(
    ("outcome", "again"),
    [
        (Outcome(None), Again(0.125, fresh_url=True)),
        (Outcome(403, "AccessDenied"), Again(0.125, fresh_url=True)),
        (Outcome(500), Again(0.125)),
        (Outcome(503, "SlowDown"), Again(0.125)),
        (Outcome(400, "RequestTimeout"), Again(0.125)),
        (Outcome(429, retry_after=7.0), Again(7.0)),
        (Outcome(400, "BadDigest"), None),
        (Outcome(404, "NoSuchUpload"), None),
        (Outcome(503, retry_after=3600.0), None),
    ],
)
def test_parts(outcome: Outcome, again: Again | None) -> None:
    assert after_part(outcome, 1, 0.0) == again


@pytest.mark.parametrize(
    ("outcome", "again"),
    [
        (Outcome(None), Again(0.125)),
        (Outcome(503, "dependency_unavailable", True, 5.0), Again(5.0)),
        (Outcome(500, "internal_error", False), None),
        (Outcome(429, "rate_limited", True, 7.0), Again(7.0)),
        (Outcome(429, "quota_exceeded", True, 7.0), None),
        (Outcome(409, "idempotency_in_progress"), Again(0.125)),
        (Outcome(409, "invalid_state"), None),
        (Outcome(422, "validation_failed"), None),
        (Outcome(403, "forbidden"), None),
    ],
)
def test_calls(outcome: Outcome, again: Again | None) -> None:
    assert after_call(outcome, 1, 0.0) == again


def test_waits_grow_are_spread_and_end() -> None:
    broken = Outcome(None)
    waits = [after_part(broken, attempt, 1.0) for attempt in range(1, TRIES + 1)]
    assert [again.delay for again in waits if again] == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0]
    assert waits[-1] is None
    assert after_part(broken, 3, 0.0) == Again(0.5, fresh_url=True)


def test_a_refused_url_is_not_replaced_for_ever() -> None:
    refused = Outcome(403)
    assert [after_part(refused, attempt, 0.0) is None for attempt in (1, 2, 3)] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("outcome", "is_lost", "is_final"),
    [
        (Outcome(404, "NoSuchUpload"), True, True),
        (Outcome(410, "NoSuchUpload"), True, True),
        (Outcome(404, "NoSuchBucket"), False, True),
        (Outcome(403, "AccessDenied"), False, True),
        (Outcome(422, "validation_failed", False), False, True),
        (Outcome(400, "RequestTimeout"), False, False),
        (Outcome(401, "session_revoked"), False, False),
        (Outcome(429, "rate_limited", True), False, False),
        (Outcome(409, "idempotency_in_progress", True), False, False),
        (Outcome(503), False, False),
        (Outcome(307), False, False),
        (Outcome(None), False, False),
    ],
)
def test_what_is_over(outcome: Outcome, is_lost: bool, is_final: bool) -> None:
    assert (lost(outcome), final(outcome)) == (is_lost, is_final)
