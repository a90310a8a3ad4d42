"""Videos over HTTP."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy import ColumnElement, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.deps import AskingUser, CurrentUser, Principal
from backend.http.errors import problems
from backend.http.fields import Search
from backend.http.paging import Cursor, Limit
from backend.http.raw_route import DirectRoute, authenticate
from backend.quota import quota
from backend.videos import poster
from backend.videos.download import download_url
from backend.videos.schemas import DownloadLink, NewPoster, VideoItem, VideoPage, VideoPatch
from backend.videos.sorting import ORDERS, Sort, cursor_after, follows
from core import log
from core.errors import Conflict, NotFound, Unavailable
from core.jobs import cancel as cancelling
from core.jobs.create import create as create_job
from core.model import object_keys
from core.model.states import VideoState
from core.model.tables import Video
from core.videos import lifecycle, removal

_log = log.get(__name__)
_REMOVAL_S = 5.0
router = APIRouter(prefix="/v1/videos", tags=["videos"])
direct = APIRouter(
    prefix="/v1/videos",
    tags=["videos"],
    route_class=DirectRoute,
    dependencies=[Depends(authenticate)],
)


@router.get("", summary="The library")
async def list_videos(
    user: CurrentUser,
    limit: Limit = 20,
    cursor: Cursor = None,
    state: Annotated[list[VideoState] | None, Query(description="Only in these states.")] = None,
    q: Annotated[Search | None, Query(description="Text in the title.")] = None,
    sort: Annotated[Sort, Query(description="A cursor fits one order only.")] = Sort.NEWEST,
) -> VideoPage:
    """List the user's videos, newest first unless `sort` says otherwise."""
    where: list[ColumnElement[bool]] = [Video.user_id == user.user_id]
    if cursor is not None:
        where.append(follows(sort, cursor))
    if state:
        where.append(Video.state.in_(state))
    if q:
        columns = (Video.title, Video.source_filename)
        where.append(or_(*(column.icontains(q, autoescape=True) for column in columns)))
    items = await user.services.videos.select(where, most=limit + 1, order=ORDERS[sort])
    following = None
    if len(items) > limit:
        following = cursor_after(sort, items[limit - 1].id, items[limit - 1].title)
    return VideoPage(items=items[:limit], next_cursor=following)


@direct.get("/{video_id}", response_model=VideoItem, summary="One video")
async def get_video(video_id: UUID, request: Request) -> Response:
    """Return a video with its state, progress and renditions."""
    user = authenticate.claimed(request)
    asked = user.services.videos.ask(video_id)  # while the session is looked up
    await authenticate.confirm(user)
    body = await user.services.videos.written(await asked, user.user_id)
    return Response(body, media_type="application/json")


@router.patch("/{video_id}", summary="Rename a video")
async def rename_video(video_id: UUID, body: VideoPatch, user: CurrentUser) -> VideoItem:
    """Change the title."""
    async with user.services.db.begin() as tx:
        await _own(tx, user, video_id)
        await lifecycle.touch(tx, video_id, title=body.title)
    return await user.services.videos.get(video_id, user.user_id)


@router.delete("/{video_id}", status_code=204, summary="Delete a video")
async def delete_video(video_id: UUID, user: CurrentUser) -> None:
    """Delete a video and all its files. Running work is stopped."""
    async with user.services.db.begin() as tx:
        await _own(tx, user, video_id)
        ended = await removal.delete_video(tx, video_id)
    await user.services.board.tell_ended(ended or ())
    try:
        # It is deleted, and the sweep removes what is stored: only a store that is quick is used.
        async with asyncio.timeout(_REMOVAL_S):
            await user.services.storage.delete_prefix(object_keys.video_prefix(video_id))
    except (Unavailable, TimeoutError) as error:
        _log.warning("deleted_later", video_id=str(video_id), error=repr(error))


@router.get(
    "/{video_id}/download/{name}",
    status_code=307,
    response_class=RedirectResponse,
    responses={200: {"model": DownloadLink}},
    summary="Download a rendition or the source",
)
async def download(
    video_id: UUID,
    name: str,
    user: CurrentUser,
    # A page cannot send its token by following a link, nor read where a redirect leads.
    redirect: Annotated[bool, Query(description="If false, answer 200 with the URL.")] = True,
) -> Response:
    """Redirect to a presigned URL. `name` is the name of a rendition, or `source`."""
    url = await download_url(user, video_id, name)
    if redirect:
        return RedirectResponse(url, 307)
    return JSONResponse({"url": url})


@router.post(
    "/{video_id}/cancel", status_code=202, responses=problems(409, 429), summary="Cancel processing"
)
async def cancel_video(video_id: UUID, user: AskingUser) -> VideoItem:
    """Cancel the video's queued or running job."""
    async with user.services.db.begin() as tx:
        await _own(tx, user, video_id)
        ended = await cancelling.cancel(tx, video_id)
    await user.services.board.tell_ended(ended)
    return await user.services.videos.get(video_id, user.user_id)


@router.post(
    "/{video_id}/retry", status_code=202, responses=problems(409, 429), summary="Process again"
)
async def retry_video(video_id: UUID, user: AskingUser) -> VideoItem:
    """Process a failed or cancelled video again."""
    settings = user.services.settings
    async with user.services.db.begin() as tx:
        await quota.lock(tx, settings, user.user_id)
        video = await _own(tx, user, video_id)
        if video.state not in (VideoState.FAILED, VideoState.CANCELLED):
            raise Conflict("Only a failed or cancelled video can be tried again.")
        await quota.admit(tx, settings, user.user_id)
        await create_job(tx, video, "transcode")
    return await user.services.videos.get(video_id, user.user_id)


@router.post(
    "/{video_id}/poster", status_code=202, responses=problems(409, 429), summary="Choose the poster"
)
async def choose_poster(video_id: UUID, body: NewPoster, user: AskingUser) -> VideoItem:
    """Make the picture at a time of the video its poster, in a moment: `poster_url` changes then.

    It stays when the video is processed again. A later choice replaces it.
    """
    async with user.services.db.begin() as tx:
        ended = await poster.choose(tx, await _own(tx, user, video_id), body.at)
    await user.services.board.tell_ended(ended)
    return await user.services.videos.get(video_id, user.user_id)


@router.delete("/{video_id}/poster", summary="Choose no poster")
async def forget_poster(video_id: UUID, user: CurrentUser) -> VideoItem:
    """Have the poster again that was made with the video."""
    async with user.services.db.begin() as tx:
        ended = await poster.forget(tx, await _own(tx, user, video_id))
    await user.services.board.tell_ended(ended)
    return await user.services.videos.get(video_id, user.user_id)


async def _own(tx: AsyncConnection, user: Principal, video_id: UUID) -> lifecycle.LockedVideo:
    """Return a user's video, and have all others who want to change it wait."""
    found = await lifecycle.lock(tx, video_id)
    if found is None or found.user_id != user.user_id or found.state is VideoState.DELETED:
        raise NotFound("This video does not exist.")
    return found
