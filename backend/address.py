"""Which address a request comes from, when proxies stand in between. Pure."""

from collections.abc import Collection


def client_address(peer: str, forwarded_for: str, trusted: Collection[str]) -> str:
    """Return the address of the client.

    `X-Forwarded-For` is believed only as far as trusted proxies wrote it: from the right, each
    entry was added by the hop after it.

    Args:
        peer: who the connection comes from.
        forwarded_for: the header's value, or an empty string.
        trusted: addresses of our own proxies.
    """
    address = peer
    for hop in reversed([item.strip() for item in forwarded_for.split(",") if item.strip()]):
        if address not in trusted:
            break
        address = hop
    return address
