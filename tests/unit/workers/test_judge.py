"""What an unexpected error says of an attempt."""

import errno

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.errors import Unavailable
from workers.judge import judge


@pytest.mark.parametrize(
    ("error", "code", "charge"),
    [
        (Unavailable("The object store does not answer."), "storage_error", False),
        (OSError(errno.ENOSPC, "No space left on device"), "resource_limit", False),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "resource_limit", False),
        (OperationalError(None, None, OSError()), "processing_gave_up", False),
        (PoolTimeout(), "processing_gave_up", False),
        (OSError(errno.EIO, "Input/output error"), "processing_gave_up", True),
        (ZeroDivisionError(), "processing_gave_up", True),
    ],
    ids=["store", "full", "quota", "database", "pool", "disk", "bug"],
)
def test_what_is_away_or_full_does_not_count(error: Exception, code: str, charge: bool) -> None:
    judged = judge(error)
    assert (judged.failure.code, judged.charge) == (code, charge)
    assert judged.failure.retryable
    assert "ry again" in judged.failure.message
