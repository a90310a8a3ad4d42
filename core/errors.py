"""Errors that callers can act on. The services turn them into answers; no HTTP here."""

import uuid
from dataclasses import dataclass

from core.model.failure_codes import FailureCode


class DomainError(Exception):
    """An expected error, for the caller to act on.

    Args:
        code: the stable word by which clients decide.
        detail: one sentence for a person.
        retry_after_s: when trying again may help, in seconds.
    """

    default_code = "internal_error"

    def __init__(
        self, detail: str, code: str | None = None, *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(detail)
        self.code = code or self.default_code
        self.detail = detail
        self.retry_after_s = retry_after_s


class NotFound(DomainError):
    """It does not exist, or it belongs to somebody else."""

    default_code = "not_found"


class Gone(DomainError):
    """It was there, and will not come back."""

    default_code = "gone"


class Conflict(DomainError):
    """The present state does not allow this."""

    default_code = "invalid_state"


class Invalid(DomainError):
    """The request is understood and refused."""

    default_code = "validation_failed"


class TooLarge(DomainError):
    """More bytes than are allowed."""

    default_code = "file_too_large"


class NotOffered(DomainError):
    """It could be, but is not made here."""

    default_code = "not_implemented"


class Unauthenticated(DomainError):
    """The credentials are missing or not valid."""

    default_code = "token_invalid"


class Forbidden(DomainError):
    """The user is known, but is not allowed to do this."""

    default_code = "forbidden"


class RateLimited(DomainError):
    """Too many requests; `retry_after_s` says when to come back."""

    default_code = "rate_limited"


class Unavailable(DomainError):
    """A dependency does not answer."""

    default_code = "dependency_unavailable"


class Refused(Unavailable):
    """A dependency refused a request: asking again in a moment will not help.

    To our own caller it is the same as a dependency that does not answer.
    """


class DatabaseAway(Unavailable):
    """Postgres does not answer, or could not do this now; the same may succeed in a moment.

    All other errors of a statement are our own mistakes.

    Args:
        reason: what the server, the driver or the pool said; for the log alone.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("The database does not answer.")
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.detail} ({self.reason})"

    def __repr__(self) -> str:
        return f"DatabaseAway({self.reason!r})"


class RowBusy(DatabaseAway):
    """Another transaction locked this row for too long; other rows may be free."""


@dataclass(frozen=True)
class Failure:
    """Why a job failed, as its owner reads it.

    Attributes:
        code: for clients.
        message: one sentence: what happened and what to do.
        retryable: whether the same job may succeed later.
    """

    code: FailureCode
    message: str
    retryable: bool = False


class TransientError(Exception):
    """Trying again may help: the source is not at fault.

    `failure` is what the owner reads after the last attempt. `charge` says whether the attempt
    counts: it does not when a dependency was away or a disk was full.
    """

    def __init__(
        self, message: str, failure: Failure | None = None, *, charge: bool = True
    ) -> None:
        super().__init__(message)
        self.charge = charge
        self.failure = failure or Failure(
            FailureCode.PROCESSING_GAVE_UP,
            "Processing failed several times. Try again later.",
            retryable=True,
        )


class PermanentError(Exception):
    """Trying again cannot help: it was proved that the source is at fault."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code}: {failure.message}")
        self.failure = failure


class LeaseLost(Exception):
    """The task belongs to another attempt now: stop and write nothing."""


class BadRow(Exception):
    """The row of this task cannot be written; other rows can.

    Attributes:
        task_id: the row.
    """

    def __init__(self, task_id: uuid.UUID) -> None:
        super().__init__(f"the row of task {task_id} cannot be written")
        self.task_id = task_id
