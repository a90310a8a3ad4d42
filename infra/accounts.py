"""Who may have an account on a deployment, and how much each may store."""

from dataclasses import dataclass

_REGISTRATIONS = ("closed", "invite", "open")
_QUOTA_GIB = "100"


@dataclass(frozen=True)
class Accounts:
    """What the API is told of accounts.

    Attributes:
        registration: `closed`, `invite` or `open`.
        quota_gib: that one user may store, renditions too, in GiB; 0 for no limit.
    """

    registration: str
    quota_gib: int


def read_accounts(registration: str | None, quota_gib: str | None) -> Accounts:
    """Return what was asked for; without a word registration is closed and storage bounded.

    Raises:
        ValueError: a value cannot be used; the message is one sentence for the operator.
    """
    registration = registration or _REGISTRATIONS[0]
    if registration not in _REGISTRATIONS:
        raise ValueError(
            f"Registration can be {', '.join(_REGISTRATIONS)}, and not {registration!r}."
        )
    quota_gib = quota_gib or _QUOTA_GIB
    if not (quota_gib.isascii() and quota_gib.isdecimal()):
        raise ValueError(f"The quota {quota_gib!r} is not a whole number of GiB.")
    return Accounts(registration, int(quota_gib))
