"""Origins of pages, as in `https://example.com:8443`. Pure."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
# As browsers send it: a name in ASCII, or an address. Nothing that means something in a policy.
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\]")
ANY_HOST = "localhost"  # for who says no host, or a strange one


def origin_of(text: str) -> str:
    """Return an origin as browsers write it.

    Raises:
        ValueError: it is none.
    """
    url = urlsplit(text.strip().lower())
    host, port = _host_and_port(url.netloc)
    is_bare = not (url.path.strip("/") or url.query or url.fragment)
    if url.scheme not in _DEFAULT_PORTS or not is_bare or not _HOST.fullmatch(host):
        raise ValueError("An origin looks like https://example.com, without a path.")
    shown = "" if port in (None, _DEFAULT_PORTS[url.scheme]) else f":{port}"
    return f"{url.scheme}://{host}{shown}"


def host_of(header: str) -> str:
    """Return the host of a `Host` header without its port, in a form that can stand anywhere."""
    try:
        host, _ = _host_and_port(header.strip().lower())
    except ValueError:
        return ANY_HOST
    return host if _HOST.fullmatch(host) else ANY_HOST


def may_play(origin: str | None, host: str, allowed: Collection[str]) -> bool:
    """Tell whether a page may play a video.

    Args:
        origin: of the page that asks, as the browser says; None if none asks.
        host: at which we were asked. Our own page is always allowed.
        allowed: other origins; none for any.
    """
    if not allowed or origin is None:
        return True
    return origin in allowed or origin.endswith(f"://{host}")


def _host_and_port(netloc: str) -> tuple[str, int | None]:
    host, colon, port = netloc.rpartition(":")
    if not colon or port.endswith("]"):
        return netloc, None
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise ValueError("This is no port.")
    return host, int(port)
