"""What a browser may do with the page: the same as backend/page/policy.py says. Pure."""


def content_policy(store: str, media: str | None) -> str:
    """Return the Content-Security-Policy of the page.

    Args:
        store: the origin to which parts are sent.
        media: the origin from which videos, posters and logs come; None for the store's.
    """
    reached = f"{store} {media}" if media else store
    shown = media or store
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' data: blob: {shown}",
            f"media-src 'self' blob: {shown}",
            f"connect-src 'self' {reached}",
            "font-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


# The rest of what the page's own answers carry.
FURTHER = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
