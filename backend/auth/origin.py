"""Checks which pages (origins) may use the refresh cookie."""

from collections.abc import Collection
from urllib.parse import urlsplit

from fastapi import Request

from core.errors import Forbidden

# What browsers say of who asks (W3C Fetch Metadata); other clients say nothing.
_FOREIGN = ("cross-site", "same-site")


def check_origin(request: Request, allowed: Collection[str]) -> None:
    """Refuse a browser's request that comes from somebody else's page.

    Raises:
        Forbidden: `origin_not_allowed`.
    """
    origin = request.headers.get("origin")
    if origin in allowed:
        return
    if origin is None and request.headers.get("sec-fetch-site") not in _FOREIGN:
        return
    if origin is not None and _host_of(origin) == request.headers.get("host"):
        return
    raise Forbidden("This page is not allowed to use the session cookie.", "origin_not_allowed")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # no address at all, such as http://[
        return None
