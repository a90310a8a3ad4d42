"""Whether a failed request is tried again, and when: a decision as a value. Pure."""

from dataclasses import dataclass

TRIES = 7
REFUSALS = 3  # a URL that is refused when fresh will not be accepted later
LONGEST_WAIT = 60.0  # seconds; a longer Retry-After is reported as an error
_FIRST_WAIT = 0.25
_LAST_WAIT = 10.0
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
# S3 says these with status 400 or 503; both only mean "again, please".
_TRANSIENT_CODES = frozenset({"RequestTimeout", "SlowDown", "InternalError"})


@dataclass(frozen=True)
class Outcome:
    """How a request failed.

    Attributes:
        status: of the answer; None when the connection broke or nothing came in time.
        code: the API's or the store's word for it.
        retryable: what the API says about it, if it says anything.
        retry_after: seconds that the answer asks to wait.
    """

    status: int | None
    code: str | None = None
    retryable: bool | None = None
    retry_after: float | None = None


@dataclass(frozen=True)
class Again:
    """Try again after `delay` seconds; with another URL when `fresh_url` is set."""

    delay: float
    fresh_url: bool = False


def after_call(outcome: Outcome, attempt: int, roll: float) -> Again | None:
    """Decide about a call of the API; None means give up.

    Args:
        outcome: how it failed.
        attempt: which attempt failed; the first is 1.
        roll: a random number from 0 to 1 that spreads many clients over time.
    """
    if outcome.status is None or outcome.code == "idempotency_in_progress":
        return _wait(outcome, attempt, roll)
    if outcome.code == "quota_exceeded":
        return None  # a person has to make room first
    if outcome.status in _TRANSIENT and outcome.retryable is not False:
        return _wait(outcome, attempt, roll)
    return None


def after_part(outcome: Outcome, attempt: int, roll: float) -> Again | None:
    """Decide about the PUT of a part; None means give up. Arguments as in `after_call`."""
    if outcome.status is None:
        # A store that refuses a URL may close the connection before its answer can be read.
        return _wait(outcome, attempt, roll, fresh_url=True)
    if outcome.status == 403:
        return None if attempt >= REFUSALS else _wait(outcome, attempt, roll, fresh_url=True)
    if outcome.status in _TRANSIENT or outcome.code in _TRANSIENT_CODES:
        return _wait(outcome, attempt, roll)
    return None


def lost(outcome: Outcome) -> bool:
    """Whether the store says that it does not know the upload (any more)."""
    return outcome.status in {404, 410} and outcome.code == "NoSuchUpload"


def final(outcome: Outcome) -> bool:
    """Whether the same request would be refused again; what a login or time mends is not final."""
    if outcome.status is None or not 400 <= outcome.status < 500:
        return False
    passing = outcome.status in _TRANSIENT | {401} or outcome.code in _TRANSIENT_CODES
    return not passing and not outcome.retryable


def _wait(outcome: Outcome, attempt: int, roll: float, *, fresh_url: bool = False) -> Again | None:
    asked = outcome.retry_after or 0.0
    if attempt >= TRIES or asked > LONGEST_WAIT:
        return None
    backoff = min(_LAST_WAIT, _FIRST_WAIT * 2 ** (attempt - 1)) * (0.5 + roll / 2)
    return Again(max(asked, backoff), fresh_url)
