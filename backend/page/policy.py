"""The security headers of the page. Pure."""

from urllib.parse import urlsplit

from backend.settings import Settings
from core.adapters.presign import address_of


def guards(settings: Settings) -> dict[str, str]:
    """Return the headers of every answer of the page, besides those of every answer."""
    address = address_of(settings.s3_bucket, settings.aws_region, settings.public_s3_url)
    # Parts are sent to the store; videos, posters and logs come from there, or from CloudFront.
    store = media = f"{address.scheme}://{address.host}"
    if settings.media_url is not None:
        url = urlsplit(settings.media_url)
        media = f"{url.scheme}://{url.netloc}"
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
