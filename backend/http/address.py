"""Finds the client's address of a request that came through proxies. Pure."""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

_Network = IPv4Network | IPv6Network
_SITE = 64  # bits; RFC 6177: the least that a site is given, so one host may use all of them


def address_of(scope: Mapping[str, Any], trusted: Collection[str]) -> str:
    """Return the address of the client of an ASGI request; see `client_address`."""
    peer = scope["client"][0] if scope.get("client") else "unknown"
    # A proxy may add a header of its own to the one that came: all of them count.
    forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
    return client_address(peer, forwarded.decode("latin-1"), trusted)


def client_address(peer: str, forwarded_for: str, trusted: Collection[str]) -> str:
    """Return the address of the client.

    `X-Forwarded-For` is believed only as far as trusted proxies wrote it: from the right, each
    entry was added by the hop after it.

    Args:
        peer: who the connection comes from.
        forwarded_for: the header's value, or an empty string; of several headers, all of them in
            their order with a comma in between.
        trusted: addresses of our own proxies, or networks such as `10.0.0.0/8`.
    """
    if not trusted:
        return peer
    networks = _networks(tuple(trusted))
    address = peer
    for hop in reversed([item.strip() for item in forwarded_for.split(",") if item.strip()]):
        if not _is_in(address, networks):
            break
        address = _without_port(hop)
    return address


def network_of(address: str) -> str:
    """Return what limits by address count: of IPv6 the first 64 bits, as a host may have the rest.

    What is no address is counted by its first characters.
    """
    parsed = _parsed(address)
    if parsed is None:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((parsed, _SITE), strict=False))
    return str(parsed)


@lru_cache(maxsize=8)
def _networks(trusted: tuple[str, ...]) -> tuple[_Network, ...]:
    return tuple(ip_network(item, strict=False) for item in trusted)


def _is_in(address: str, networks: Iterable[_Network]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        # A zone (`fe80::1%eth0`) is the peer's own name for where it is.
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    # A socket for both kinds shows IPv4 as `::ffff:192.0.2.1`.
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed


def _without_port(hop: str) -> str:
    """Return the address of an entry; some write `192.0.2.1:443` and `[2001:db8::1]:443`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
