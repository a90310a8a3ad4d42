"""Watching over HTTP. The routes under a token need no other credentials."""

from collections.abc import Callable, Hashable
from typing import Annotated, Any
from uuid import UUID

import structlog
from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from backend.deps import CurrentUser, OpenServices, Services
from backend.http.base import base_of
from backend.http.errors import problems
from backend.http.fields import is_storable
from backend.http.paths import OPEN, PREFLIGHT
from backend.playback import dash, hls, storyboard, texts
from backend.playback.begin import begin
from backend.playback.film import Film
from backend.playback.schemas import NewPlayback, Playback
from backend.playback.tokens import Pass, expired
from backend.playback.written import WrittenList, tagged
from core.errors import NotFound, Unauthenticated

# An ended token, session or video stops who watches within this: what was signed goes on till then.
_SEGMENT_URL_S = 300
# A list that is complete does not change, but who may read it does.
_KEEP_COMPLETE, _KEEP_GROWING = "private, max-age=60", "private, no-cache"

router = APIRouter(prefix="/v1/videos", tags=["playback"])
opened = APIRouter(prefix=OPEN.rstrip("/"), tags=["playback"])

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
    film = await services.films.film(held)
    if not film.watchable().tracks:
        raise _nothing()
    written = await _written(
        services, film, (held.job_id, "master", *captions), lambda: hls.multivariant(film, captions)
    )
    # Captions may be added, and removed.
    return _list(request, written, hls.MEDIA_TYPE, _KEEP_GROWING)


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
    film = await services.films.film(held)
    found, ended = film.named(track), film.finished_at
    if found is None:
        raise NotFound("This video has no track with this name.")
    if ended is None:
        await services.watching.note(held.job_id)
    is_event = ended is None or held.issued_at < ended.timestamp()
    written = await _written(
        services,
        film,
        (held.job_id, "track", track, is_event),
        lambda: hls.media(film, found, is_event=is_event),
    )
    return _list(request, written, hls.MEDIA_TYPE, _keep(film))


@opened.get("/{token}/manifest.mpd", summary="DASH", **_described(dash.MEDIA_TYPE))
async def read_manifest(token: _Token, request: Request, services: OpenServices) -> Response:
    """Return the DASH manifest, once the video is complete."""
    held = await _checked(services, token)
    captions = (await services.texts.texts(held)).subtitles
    film = await services.films.film(held)
    if film.finished_at is None or not film.tracks:
        raise _nothing()
    written = await _written(
        services, film, (held.job_id, "dash", *captions), lambda: dash.manifest(film, captions)
    )
    return _list(request, written, dash.MEDIA_TYPE, _KEEP_GROWING)


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
    written = tagged(storyboard.written([sheet for sheet, _ in sheets]))
    return _list(request, written, storyboard.MEDIA_TYPE, _KEEP_COMPLETE)


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
    if isinstance(_route, APIRoute):
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
    film = await services.films.film(held)
    return _list(request, tagged(texts.media(film, found, text)), hls.MEDIA_TYPE, _keep(film))


async def _redirect(services: Services, key: str) -> Response:
    """Lead to an object for a few minutes."""
    seconds = min(_SEGMENT_URL_S, services.settings.media_url_ttl_s)
    return RedirectResponse(await services.storage.sign_get(key, seconds), 307)


async def _written(
    services: Services, film: Film, made_of: Hashable, write: Callable[[], str]
) -> WrittenList:
    """Return a list; of a complete film it is remembered by what it is `made_of`."""
    return tagged(write()) if film.finished_at is None else await services.lists.get(made_of, write)


def _keep(film: Film) -> str:
    return _KEEP_GROWING if film.finished_at is None else _KEEP_COMPLETE


def _list(request: Request, written: WrittenList, media_type: str, keep: str) -> Response:
    """Return a list; nothing but that it is the same, if its reader has it."""
    headers = {"ETag": written.tag, "Cache-Control": keep}
    if written.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(written.body, media_type=media_type, headers=headers)


def _nothing() -> NotFound:
    return NotFound("There is nothing to watch here yet.")
