"""The page with the player alone, and what other pages are told of it. Pure."""

import base64
import hashlib
from collections.abc import Collection
from functools import cache
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, Template
from markupsafe import escape
from starlette.responses import HTMLResponse, Response

from backend.http.origins import host_of
from backend.http.paths import EMBED, OEMBED, SHARES
from backend.page.policy import media_of
from backend.settings import Settings
from backend.shares.frame import fitted, picture_of
from backend.shares.schemas import OEmbed
from backend.videos.schemas import VideoItem

_NAME = "Framemill"
_MAY = "autoplay; fullscreen; picture-in-picture"
# Of the page without a player: it has no file but itself.
_STYLE = (
    "body{display:grid;place-content:center;min-height:90vh;margin:0 24px;text-align:center;"
    "font-family:system-ui,sans-serif}h1{font-size:1.25rem}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def embed_page(
    settings: Settings,
    host: str,
    base: str,
    token: str,
    allowed_origins: Collection[str],
    video: VideoItem,
) -> Response:
    """Return the page of a link.

    Args:
        settings: of the API.
        host: at which it was asked for, as the `Host` header says.
        base: where the API is reached, without a slash at its end.
        token: of the link.
        allowed_origins: whose pages may show it within them; none for any.
        video: what it shows.
    """
    place = f"{base}{EMBED}{token}"
    width, height = fitted(picture_of(video))
    text = _template().render(
        name=_NAME,
        title=video.title,
        url=place,
        oembed=f"{base}{OEMBED}?url={quote(place, safe='')}",
        poster=f"{base}{SHARES}{token}/poster" if video.poster_url else None,
        is_sound=video.kind == "audio",
        width=width,
        height=height,
        assets=_assets(settings, host),
    )
    assets = _assets(settings, host) or "'self'"
    return HTMLResponse(text, headers=_guards(settings, allowed_origins, assets, assets))


def lost_page(settings: Settings) -> Response:
    """Return the page in the place of a link that does not exist, or has ended."""
    text = _template().render(name=_NAME, title="This link does not work", style=_STYLE)
    return HTMLResponse(text, 404, headers=_guards(settings, (), "'none'", f"'sha256-{_HASH}'"))


def oembed_of(
    video: VideoItem, base: str, token: str, max_width: int | None, max_height: int | None
) -> OEmbed:
    """Return what oEmbed says of a link, within a size in pixels."""
    place = f"{base}{EMBED}{token}"
    width, height = fitted(picture_of(video), max_width, max_height)
    html = (
        f'<iframe src="{escape(place)}" width="{width}" height="{height}" '
        f'title="{escape(video.title)}" allow="{_MAY}" allowfullscreen '
        'style="border:0"></iframe>'
    )
    answer = OEmbed(
        provider_name=_NAME, provider_url=base, title=video.title, html=html, width=width,
        height=height,
    )  # fmt: skip
    if video.poster_url:
        answer.thumbnail_url = f"{base}{SHARES}{token}/poster"
        answer.thumbnail_width, answer.thumbnail_height = width, height
    return answer


@cache
def _template() -> Template:
    pages = Environment(loader=PackageLoader("backend.shares", ""), autoescape=True)
    return pages.get_template("embed.html")


def _assets(settings: Settings, host: str) -> str:
    """Return where the built page is; nothing if it is beside the API."""
    return (settings.page_url or "").replace("{host}", host_of(host))


def _guards(
    settings: Settings, allowed_origins: Collection[str], scripts: str, styles: str
) -> dict[str, str]:
    media = media_of(settings)
    policy = (
        "default-src 'none'",
        f"script-src {scripts}",
        f"style-src {styles}",
        f"img-src 'self' data: blob: {media}",
        f"media-src 'self' blob: {media}",
        f"connect-src 'self' {media}",
        "base-uri 'none'",
        "form-action 'none'",
        f"frame-ancestors {' '.join(allowed_origins) or '*'}",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "X-Robots-Tag": "noindex",
    }
