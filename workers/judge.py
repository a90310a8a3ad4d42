"""What an error says of an attempt whose code did not expect it. Pure."""

import errno

from core.errors import DatabaseAway, Failure, TransientError, Unavailable
from workers.workspace import FULL

_STORE_AWAY = Failure("storage_error", "The store did not answer. Try again later.", retryable=True)


def judge(error: Exception) -> TransientError:
    """Return what it means. It is never the input's fault: that must have been shown.

    What was away or full is not charged to the task; anything else is a fault of ours that this
    input may bring out again, so it counts.
    """
    if isinstance(error, DatabaseAway):
        return TransientError(f"the database did not answer: {error.reason}", charge=False)
    if isinstance(error, Unavailable):
        return TransientError(error.detail, _STORE_AWAY, charge=False)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return TransientError(repr(error), FULL, charge=False)
    return TransientError(repr(error))
