"""What a browser may do with the page: its security headers. Pure."""

from core.config import Settings
from core.presign import address_of


def guards(settings: Settings) -> dict[str, str]:
    """Return the headers of every answer of the page, besides those of every answer."""
    return {
        "Content-Security-Policy": _content(_store(settings)),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    }


def _store(settings: Settings) -> str:
    """Return the origin to which parts are sent and from which films and posters come."""
    address = address_of(settings.s3_bucket, settings.aws_region, settings.public_s3_url)
    return f"{address.scheme}://{address.host}"


def _content(store: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: blob: {store}",
            f"media-src 'self' blob: {store}",
            f"connect-src 'self' {store}",
            "font-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
