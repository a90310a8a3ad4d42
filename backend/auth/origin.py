"""Whose page may use the refresh cookie."""

from collections.abc import Collection
from urllib.parse import urlsplit

from fastapi import Request

from core.errors import Forbidden


def check_origin(request: Request, allowed: Collection[str]) -> None:
    """Refuse a browser's request that comes from somebody else's page.

    Raises:
        Forbidden: `origin_not_allowed`.
    """
    origin = request.headers.get("origin")
    if origin is None or origin in allowed:
        return
    if urlsplit(origin).netloc == request.headers.get("host"):
        return
    raise Forbidden("This page may not use the session cookie.", "origin_not_allowed")
