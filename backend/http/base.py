"""Where the API is reached, as who asks knows it."""

from fastapi import Request

from backend.settings import Settings


def base_of(request: Request, settings: Settings) -> str:
    """Return where who asks has reached us; nothing if it did not say, as a path will do then."""
    host = request.headers.get("host")
    scheme = "https" if settings.cookie_secure else request.url.scheme
    return f"{scheme}://{host}" if host else ""
