"""One log line at the start: who can register, and which routes are open. Pure."""

from typing import Any

from backend.settings import Settings

_WHO = {
    "open": "Anybody who reaches the API can create an account",
    "invite": "Anybody with an invite from an admin can create an account",
    "closed": "Only the operator can create accounts, with python -m backend.admin",
}


def told(settings: Settings, service: str) -> dict[str, Any]:
    """Return what an API logs at its start; `service` is host:port of its service routes."""
    quota = settings.user_quota_bytes
    stores = f"can store {quota.human_readable()}" if quota else "has no quota"
    return {
        "registration": settings.registration,
        "user_quota_bytes": int(quota),
        "service": service,
        "told": (
            f"{_WHO[settings.registration]}; each user {stores}; /readyz and /metrics answer "
            f"everybody who reaches {service}."
        ),
    }
