"""Watching over HTTP. The routes under a token need no other credentials."""

import hashlib
from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse

from backend.deps import CurrentUser, OpenServices, Services
from backend.http.base import base_of
from backend.http.errors import problems
from backend.http.fields import is_storable
from backend.http.paths import OPEN
from backend.playback import dash, hls, storyboard, texts
from backend.playback.begin import begin
from backend.playback.film import Film
from backend.playback.open_route import PREFLIGHT, OpenRoute
from backend.playback.schemas import NewPlayback, Playback
from backend.playback.tokens import Pass, expired
from core.errors import NotFound, Unauthenticated

# An ended token, session or video stops who watches within this: what was signed goes on till then.
_SEGMENT_URL_S = 300
# A list that is complete does not change, but who may read it does.
_KEEP_COMPLETE, _KEEP_GROWING = "private, max-age=60", "private, no-cache"

router = APIRouter(prefix="/v1/videos", tags=["playback"])
opened = APIRouter(prefix=OPEN.rstrip("/"), tags=["playback"], route_class=OpenRoute)

_Token = Annotated[str, Path(description="From `POST /v1/videos/{video_id}/playback`.")]
_Name = Annotated[str, Path(description="The name of a track, as the other lists have it.")]
_First = Annotated[int, Path(ge=0, le=2**31 - 1, description="The number of its first segment.")]
_Sheet = Annotated[int, Path(ge=0, le=2**31 - 1, description="As the list has it.")]


@router.post("/{video_id}/playback", status_code=201, responses=problems(409), summary="Watch")
async def create_playback(
    video_id: UUID, user: CurrentUser, request: Request, body: NewPlayback | None = None
) -> Playback:
    """Return addresses at which a video can be watched, also while it is still being made.

    Whoever has them needs no other credentials. They show what one job has made. They end at
    `expires_at`, with the session that asked for them, or with the video.
    """
    base = base_of(request, user.services.settings)
    return await begin(user, video_id, body or NewPlayback(), base)


def _described(media_type: str) -> dict[str, Any]:
    content = {media_type: {"schema": {"type": "string"}}}
    unchanged = {304: {"description": "The same as before."}}
    return {
        "response_class": Response,
        "responses": {200: {"content": content}, **unchanged, **problems(403, 410)},
    }


@opened.get("/{token}/master.m3u8", summary="HLS: what can be chosen", **_described(hls.MEDIA_TYPE))
async def read_master(token: _Token, request: Request, services: OpenServices) -> Response:
    """Return the multivariant playlist: the picture sizes, sounds and captions there are by now."""
    held = await _checked(services, token)
    captions = (await services.texts.texts(held)).subtitles

    def write(film: Film) -> str:
        if not film.watchable().tracks:
            raise _nothing()
        return hls.multivariant(film, captions)

    return await _list(services, request, held, hls.MEDIA_TYPE, write)


@opened.get("/{token}/{track}.m3u8", summary="HLS: one track", **_described(hls.MEDIA_TYPE))
async def read_track(
    token: _Token, track: _Name, request: Request, services: OpenServices
) -> Response:
    """Return the media playlist of a track.

    It grows while the video is made (EVENT), and then has an end. For a token that was made later
    it does not change any more (VOD). That of captions, whose name is their id, is always complete.
    """
    held = await _checked(services, token)
    if (text_id := _id_of(track)) is not None:
        return await _captions(services, request, held, text_id)

    def write(film: Film) -> str:
        found = film.named(track)
        if found is None:
            raise NotFound("This video has no track with this name.")
        ended = film.finished_at
        is_event = ended is None or held.issued_at < ended.timestamp()
        return hls.media(film, found, is_event=is_event)

    return await _list(services, request, held, hls.MEDIA_TYPE, write)


@opened.get("/{token}/manifest.mpd", summary="DASH", **_described(dash.MEDIA_TYPE))
async def read_manifest(token: _Token, request: Request, services: OpenServices) -> Response:
    """Return the DASH manifest, once the video is complete."""
    held = await _checked(services, token)
    captions = (await services.texts.texts(held)).subtitles

    def write(film: Film) -> str:
        if film.finished_at is None or not film.tracks:
            raise _nothing()
        return dash.manifest(film, captions)

    return await _list(services, request, held, dash.MEDIA_TYPE, write)


@opened.get(
    "/{token}/{track}/{first}.mp4",
    status_code=307,
    response_class=RedirectResponse,
    responses=problems(403, 410),
    summary="Segments of a track",
)
async def read_segments(
    token: _Token, track: _Name, first: _First, services: OpenServices
) -> Response:
    """Redirect to the object that has some segments of a track, the first of this number.

    The lists name ranges of bytes in it. The presigned URL works for at most 5 minutes.
    """
    held = await _checked(services, token)
    if not is_storable(track):
        raise NotFound("This video has no track with this name.")
    return await _redirect(services, await services.films.key_of(held, track, first))


@opened.get(
    "/{token}/storyboard.vtt",
    summary="Storyboard",
    **_described(storyboard.MEDIA_TYPE),
)
async def read_storyboard(token: _Token, request: Request, services: OpenServices) -> Response:
    """Return where the small pictures of a video are, and from when to when each stands for it.

    Each cue is an address with `#xywh=` (Media Fragments): a part of a picture.
    """
    sheets = await services.films.sheets(await _checked(services, token))
    text = storyboard.written([sheet for sheet, _ in sheets])
    return _tagged(request, text, storyboard.MEDIA_TYPE, _KEEP_COMPLETE)


@opened.get(
    "/{token}/storyboard/{number}.jpg",
    status_code=307,
    response_class=RedirectResponse,
    responses=problems(403, 410),
    summary="A sheet of the storyboard",
)
async def read_sheet(token: _Token, number: _Sheet, services: OpenServices) -> Response:
    """Redirect to a picture with many small ones. The presigned URL works for at most 5 minutes."""
    sheets = await services.films.sheets(await _checked(services, token))
    if number >= len(sheets):
        raise NotFound("This storyboard has no such sheet.")
    return await _redirect(services, sheets[number][1])


@opened.get(
    "/{token}/{text}.vtt",
    status_code=307,
    response_class=RedirectResponse,
    responses=problems(403, 410),
    summary="Captions or chapters",
)
async def read_text(
    token: _Token,
    text: Annotated[str, Path(description="The id of captions, or `chapters`.")],
    services: OpenServices,
) -> Response:
    """Redirect to a WebVTT file. The presigned URL works for at most 5 minutes."""
    held = await _checked(services, token)
    text_id = _id_of(text)
    if text_id is None and text != "chapters":
        raise NotFound("This video has no such text.")
    return await _redirect(services, await services.texts.key_of(held, text_id))


async def _ask_first() -> Response:
    """Tell a browser that a page may ask for ranges."""
    return Response(status_code=204, headers=PREFLIGHT)


for _route in tuple(opened.routes):
    if isinstance(_route, OpenRoute):
        _path = _route.path.removeprefix(opened.prefix)
        opened.add_api_route(_path, _ask_first, methods=["OPTIONS"], include_in_schema=False)


async def _checked(services: Services, token: str) -> Pass:
    """Return what a token opens.

    Raises:
        Forbidden: `playback_expired` or `playback_invalid`.
    """
    held = services.playback.check(token)
    if held.session_id is not None:  # of a link Postgres is asked, with the film
        try:
            await services.sessions.check(held.session_id)
        except Unauthenticated:
            raise expired() from None
    structlog.contextvars.bind_contextvars(video_id=str(held.video_id))
    return held


def _id_of(name: str) -> UUID | None:
    """Return the id that a name is; None if it is none, as it is written here."""
    try:
        found = UUID(name)
    except ValueError:
        return None
    return found if str(found) == name else None


async def _captions(services: Services, request: Request, held: Pass, text_id: UUID) -> Response:
    """Return the media playlist of captions."""
    found = await services.texts.texts(held)
    text = next((each for each in found.subtitles if each.id == text_id), None)
    if text is None:
        raise NotFound("This video has no track with this name.")
    return await _list(
        services, request, held, hls.MEDIA_TYPE, lambda film: texts.media(film, found, text)
    )


async def _redirect(services: Services, key: str) -> Response:
    """Lead to an object for a few minutes."""
    seconds = min(_SEGMENT_URL_S, services.settings.media_url_ttl_s)
    return RedirectResponse(await services.storage.sign_get(key, seconds), 307)


async def _list(
    services: Services,
    request: Request,
    held: Pass,
    media_type: str,
    write: Callable[[Film], str],
) -> Response:
    """Return a list of a film; nothing but that it is the same, if its reader has it."""
    film = await services.films.film(held)
    keep = _KEEP_GROWING if film.finished_at is None else _KEEP_COMPLETE
    return _tagged(request, write(film), media_type, keep)


def _tagged(request: Request, text: str, media_type: str, keep: str) -> Response:
    body = text.encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": keep}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


def _nothing() -> NotFound:
    return NotFound("There is nothing to watch here yet.")
