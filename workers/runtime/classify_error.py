"""Decides what an error means for a task, and when to try it again."""

import errno
import random

from core.errors import DatabaseAway, Failure, TransientError, Unavailable
from core.model.failure_codes import FailureCode
from workers.runtime.scratch import FULL
from workers.settings import Settings

_MOST_S = 300.0
_MOST_AWAY_S = 60.0  # so that work goes on soon after an outage has ended
_STORE_AWAY = Failure(
    FailureCode.STORAGE_ERROR, "The storage did not answer. Try again later.", retryable=True
)


def classify_error(error: Exception) -> TransientError:
    """Return what it means. It is never the source's fault: that would be a PermanentError.

    A dependency that was away, or a full disk, is not charged. Everything else is our own mistake,
    and this source may cause it again, so it is charged. The owner reads the message in the log.
    """
    if isinstance(error, DatabaseAway):
        return TransientError("The database did not answer.", charge=False)
    if isinstance(error, Unavailable):
        return TransientError(error.detail, _STORE_AWAY, charge=False)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return TransientError("The disk of the worker is full.", FULL, charge=False)
    return TransientError("The worker made a mistake. Its operator can read more in its log.")


def retry_in(
    error: TransientError, settings: Settings, *, attempt: int, charged: int, age_s: float
) -> float | None:
    """Return in how many seconds a failed task is tried again; None to give it up.

    An attempt that failed because a dependency was away is not charged: an outage may last longer
    than any number of attempts. The task fails when its job has been tried for too long.

    It failed `attempt` times, of which `charged` count, in `age_s` seconds.
    """
    if error.charge:
        delay_s = backoff_s(charged, settings.retry_base_s)
    else:
        delay_s = min(_MOST_AWAY_S, backoff_s(attempt, settings.retry_base_s))
    spent = error.charge and charged >= settings.max_attempts
    return None if spent or age_s + delay_s > settings.max_job_s else delay_s


def backoff_s(attempt: int, base_s: float) -> float:
    """Return how many seconds to wait after a failed attempt.

    Exponential with jitter, so that tasks that failed together do not come back together: half of
    the wait is fixed and half is random. Source: M. Brooker, "Exponential Backoff And Jitter",
    AWS Architecture Blog, 2015 ("equal jitter").

    After the first attempt, 1, that is up to `base_s`.
    """
    chance = random.random()  # noqa: S311 - it spreads load and guards nothing
    # Not 4 ** attempt itself: after some hundred attempts that is no float any more.
    return min(_MOST_S, base_s * 4.0 ** min(attempt - 1, 10)) * (0.5 + 0.5 * chance)
