"""What an unexpected error says of an attempt."""

import errno

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from core.errors import DatabaseAway, Unavailable
from workers.runtime.classify_error import classify_error


@pytest.mark.parametrize(
    ("error", "code", "charge"),
    [
        (Unavailable("The object store does not answer."), "storage_error", False),
        (OSError(errno.ENOSPC, "No space left on device"), "resource_limit", False),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "resource_limit", False),
        (DatabaseAway("no connection became free"), "processing_gave_up", False),
        (ProgrammingError(None, None, Exception()), "processing_gave_up", True),
        (IntegrityError(None, None, Exception()), "processing_gave_up", True),
        (OperationalError(None, None, Exception()), "processing_gave_up", True),
        (OSError(errno.EIO, "Input/output error"), "processing_gave_up", True),
        (ZeroDivisionError(), "processing_gave_up", True),
    ],
    ids=["store", "full", "quota", "database", "statement", "constraint", "unnamed", "disk", "bug"],
)
def test_what_is_away_or_full_does_not_count(error: Exception, code: str, charge: bool) -> None:
    judged = classify_error(error)
    assert (judged.failure.code, judged.charge) == (code, charge)
    assert judged.failure.retryable
    assert "ry again" in judged.failure.message
    # Its owner reads it in the log.
    assert str(judged).endswith(".")
    assert type(error).__name__ not in str(judged)
