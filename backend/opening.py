"""What is open to whom, in a sentence for the operator. Pure."""

from typing import Any

from backend.settings import Settings

_WHO = {
    "open": "Anybody who reaches the API can make an account",
    "invite": "Who has an invite of an admin can make an account",
    "closed": "Nobody can make an account but the operator, by python -m backend.admin",
}


def told(settings: Settings, service: str) -> dict[str, Any]:
    """Return what is logged at the start of an API.

    Args:
        settings: of the API.
        service: the address of the service routes, as `host:port`.
    """
    quota = settings.user_quota_bytes
    stores = f"stores at most {quota.human_readable()}" if quota else "stores as much as they like"
    return {
        "registration": settings.registration,
        "user_quota_bytes": int(quota),
        "service": service,
        "told": (
            f"{_WHO[settings.registration]}; each user {stores}; /readyz and /metrics answer "
            f"whoever reaches {service}."
        ),
    }
