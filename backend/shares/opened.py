"""What a link opens, for whoever has it."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Row

from backend.deps import Address, OpenServices, Services
from backend.http.address import network_of
from backend.http.base import base_of
from backend.http.errors import problems
from backend.http.fields import is_storable
from backend.http.origins import may_play
from backend.http.paths import EMBED, OEMBED, PREFLIGHT, SHARES
from backend.playback.begin import play, read
from backend.playback.schemas import NewPlayback
from backend.shares import links
from backend.shares.embed import embed_page, lost_page, oembed_of
from backend.shares.frame import duration_of, picture_of
from backend.shares.schemas import OEmbed, SharedPlayback
from backend.videos.schemas import VideoItem
from core.errors import Conflict, Forbidden, NotFound, NotOffered
from core.model.tables import Video

opened = APIRouter(tags=["shares"])
_Token = Annotated[str, Path(description="Of the link.")]
_Most = Annotated[int | None, Query(ge=1, le=100_000, description="Pixels.")]


async def _counted(services: OpenServices, address: Address) -> Services:
    """Return the services, unless an address asks too often."""
    most = services.settings.rate_limit_shares
    await services.rate_limits.take("shares", most, network_of(address))
    return services


_Counted = Annotated[Services, Depends(_counted)]


@opened.post(
    SHARES + "{share_token}/playback",
    status_code=201,
    responses=problems(403, 409, 429),
    summary="Watch by a link",
)
async def create_shared_playback(
    share_token: _Token, services: _Counted, request: Request, body: NewPlayback | None = None
) -> SharedPlayback:
    """Return addresses at which a shared video can be watched. No account is needed.

    They end at `expires_at`, and within 5 minutes of the link's end. Pages of other origins than
    those of the link are refused.
    """
    share, video = await _shared(services, share_token)
    base, wanted = base_of(request, services.settings), body or NewPlayback()
    host = request.headers.get("host", "")
    if not may_play(request.headers.get("origin"), host, share.allowed_origins):
        raise Forbidden("This video may not be shown in this page.", "origin_not_allowed")
    if wanted.download and not share.download:
        raise Forbidden("This link does not let files be saved.", "download_not_allowed")
    film = await read(services, Video.id == share.video_id)
    if film is None:
        raise _gone()
    playback = await play(services, film, share.id, wanted, base)
    if film.video.is_streamed and not share.download:
        playback.mp4 = []
    if share.expires_at is not None:
        playback.expires_at = min(playback.expires_at, share.expires_at)
    width, height = picture_of(video) or (None, None)
    return SharedPlayback(
        **dict(playback), title=video.title, kind=video.kind, duration=duration_of(video),
        width=width, height=height, tracks=video.tracks,
    )  # fmt: skip


@opened.get(
    SHARES + "{share_token}/poster",
    status_code=307,
    response_class=RedirectResponse,
    responses=problems(409, 429),
    summary="The poster of a shared video",
)
async def read_shared_poster(share_token: _Token, services: _Counted) -> Response:
    """Redirect to the poster. This address works as long as the link."""
    _, video = await _shared(services, share_token)
    if video.poster_url is None:
        raise Conflict("This video has no poster yet.")
    return RedirectResponse(video.poster_url, 307)


@opened.get(OEMBED, responses=problems(404, 429, 501), response_model_exclude_none=True)
async def read_oembed(
    services: _Counted,
    request: Request,
    url: Annotated[str, Query(max_length=2000, description="Of the link.")],
    maxwidth: _Most = None,
    maxheight: _Most = None,
    format: Annotated[str, Query(max_length=20, description="`json` alone.")] = "json",  # noqa: A002
) -> OEmbed:
    """Describe a link as oEmbed wants it, for pages that show it as a player."""
    if format != "json":
        raise NotOffered("Only format=json is offered.")
    token = url.partition("?")[0].partition("#")[0].rpartition(EMBED)[2]
    _, video = await _shared(services, token)
    base = base_of(request, services.settings)
    return oembed_of(video, base, token, maxwidth, maxheight)


@opened.get(EMBED + "{share_token}", include_in_schema=False)
async def read_embed(share_token: _Token, services: _Counted, request: Request) -> Response:
    """Return the page with the player alone."""
    host = request.headers.get("host", "")
    try:
        share, video = await _shared(services, share_token)
    except NotFound:
        return lost_page(services.settings)
    base = base_of(request, services.settings)
    return embed_page(services.settings, host, base, share_token, share.allowed_origins, video)


async def _ask_first() -> Response:
    """Tell a browser that any page may ask."""
    return Response(status_code=204, headers=PREFLIGHT)


for _path in (SHARES + "{share_token}/playback", OEMBED):
    opened.add_api_route(_path, _ask_first, methods=["OPTIONS"], include_in_schema=False)


async def _shared(services: Services, token: str) -> tuple[Row[Any], VideoItem]:
    """Return a link that works, and its video.

    Raises:
        NotFound: there is none, or it has ended.
    """
    if not is_storable(token):
        raise _gone()
    share = await links.opened(services, token)
    return share, await services.videos.get(share.video_id, share.user_id)


def _gone() -> NotFound:
    return NotFound("This link does not exist, or has ended.")
