"""Limits on how often somebody may show a password, or make an account, from one address."""

from backend.deps import Services
from backend.http.address import network_of
from core.errors import RateLimited


async def limit_address(services: Services, what: str, address: str) -> None:
    """Count one request from an address.

    Raises:
        RateLimited: too many came from there.
    """
    most = services.settings.rate_limit_address
    await services.rate_limits.take(what, most, network_of(address))


def _failure_limits(services: Services, email: str, address: str) -> list[tuple[str, int, str]]:
    settings = services.settings
    return [
        ("login-account", settings.rate_limit_account, email),
        ("login-pair", settings.rate_limit_pair, f"{network_of(address)} {email}"),
    ]


async def limit_attempts(services: Services, email: str, address: str) -> None:
    """Count one attempt to show a password.

    Raises:
        RateLimited: too many from that address, or too many failures for that account.
    """
    await limit_address(services, "login", address)
    for limit in _failure_limits(services, email, address):
        await services.rate_limits.take(*limit, cost=0)


async def count_failure(services: Services, email: str, address: str) -> None:
    """Count only failures by account: nobody is locked out by logging in often."""
    for limit in _failure_limits(services, email, address):
        try:
            await services.rate_limits.take(*limit)
        except RateLimited:
            continue  # others failed at the same moment; the next attempt is refused
