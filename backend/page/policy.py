"""What a browser may do with the page: its security headers. Pure."""

from urllib.parse import urlsplit

from backend.settings import Settings
from core.adapters.presign import address_of


def guards(settings: Settings) -> dict[str, str]:
    """Return the headers of every answer of the page, besides those of every answer."""
    return {
        "Content-Security-Policy": _content(_store(settings), _media(settings)),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }


def _store(settings: Settings) -> str:
    """Return the origin to which parts are sent."""
    address = address_of(settings.s3_bucket, settings.aws_region, settings.public_s3_url)
    return f"{address.scheme}://{address.host}"


def _media(settings: Settings) -> str:
    """Return the origin from which films, posters and logs come: the store's, or CloudFront's."""
    if settings.media_url is None:
        return _store(settings)
    url = urlsplit(settings.media_url)
    return f"{url.scheme}://{url.netloc}"


def _content(store: str, media: str) -> str:
    reached = " ".join(dict.fromkeys((store, media)))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: blob: {media}",
            f"media-src 'self' blob: {media}",
            f"connect-src 'self' {reached}",
            "font-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
