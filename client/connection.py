"""Connections to the object store, with the trust and the proxies of the rest of the client."""

import http.client
import ssl
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from client.errors import ServerUnreachable, reason_of

# Seconds; a store that hangs longer is asked again.
IO_TIMEOUT = 60.0  # of one send or receive
_CONNECT_TIMEOUT = 10.0


def http_client(**settings: Any) -> httpx.Client:
    """Return a client of httpx, which reads proxies and certificates from the environment.

    Raises:
        ServerUnreachable: what the environment says cannot be followed.
    """
    try:
        return httpx.Client(**settings)
    except OSError as error:  # SSLError too
        raise ServerUnreachable(
            f"The certificates named by SSL_CERT_FILE or SSL_CERT_DIR cannot be read: "
            f"{reason_of(error)}."
        ) from error
    except (ValueError, ImportError, httpx.InvalidURL) as error:
        raise _no_proxy(error) from error


def connect(url: SplitResult) -> tuple[http.client.HTTPConnection, str]:
    """Return a connection, not yet open, for a URL's host, and how a request names the rest.

    The standard library's connections are used for the parts because they lend their socket: the
    kernel can then send from the file itself (`sendfile`). With httpx the same parts took over
    three times the processor time.
    """
    host = url.hostname or ""
    target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
    proxy = None if proxy_bypass(host) else getproxies().get(url.scheme)
    at = url if proxy is None else urlsplit(proxy if "//" in proxy else f"http://{proxy}")
    try:
        address, port = at.hostname or "", at.port
    except ValueError as error:
        raise _no_proxy(error) from error
    if url.scheme != "https":
        if proxy is not None:
            target = f"http://{url.netloc}{target}"
        return http.client.HTTPConnection(address, port, timeout=_CONNECT_TIMEOUT), target
    tls = http.client.HTTPSConnection(address, port, timeout=_CONNECT_TIMEOUT, context=_trust())
    if proxy is not None:
        tls.set_tunnel(host, url.port or 443)
    return tls, target


def _no_proxy(error: Exception) -> ServerUnreachable:
    reason = str(error).rstrip(".")
    return ServerUnreachable(f"The proxy from the environment cannot be used: {reason}.")


@cache
def _trust() -> ssl.SSLContext:
    # httpx's own, so that a certificate is good for both or for neither; reads SSL_CERT_FILE.
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
