"""The security headers of the page. Pure."""

from urllib.parse import urlsplit

from backend.settings import Settings
from core.adapters.presign import address_of


def media_of(settings: Settings) -> str:
    """Return the origin that videos, posters and logs come from: the store, or CloudFront."""
    if settings.media_url is None:
        return _store_of(settings)
    url = urlsplit(settings.media_url)
    return f"{url.scheme}://{url.netloc}"


def _store_of(settings: Settings) -> str:
    address = address_of(settings.s3_bucket, settings.aws_region, settings.public_s3_url)
    return f"{address.scheme}://{address.host}"


def guards(settings: Settings) -> dict[str, str]:
    """Return the headers of every answer of the page, besides those of every answer."""
    # Parts are sent to the store.
    store, media = _store_of(settings), media_of(settings)
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        f"img-src 'self' data: blob: {media}",
        f"media-src 'self' blob: {media}",
        f"connect-src 'self' {' '.join(dict.fromkeys((store, media)))}",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }
