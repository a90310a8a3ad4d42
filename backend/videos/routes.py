"""Videos over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from backend.deps import AskingUser, CurrentUser
from backend.http.errors import problems
from backend.http.raw_route import DirectRoute, authenticate
from backend.http.text import Search
from backend.videos import service
from backend.videos.schemas import DownloadLink, VideoItem, VideoPage, VideoPatch
from backend.videos.sorting import Sort
from core.model.states import VideoState

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
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    # It holds a title of 255 characters where the list is sorted by titles.
    cursor: Annotated[str | None, Query(max_length=1500)] = None,
    state: Annotated[list[VideoState] | None, Query(description="Only in these states.")] = None,
    q: Annotated[Search | None, Query(description="Text in the title.")] = None,
    sort: Annotated[Sort, Query(description="A cursor fits one order only.")] = (Sort.NEWEST),
) -> VideoPage:
    """List the user's videos, newest first unless `sort` says otherwise."""
    return await service.page(user, limit, cursor, state, q, sort)


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
    await service.rename(user, video_id, body.title)
    return await user.services.videos.get(video_id, user.user_id)


@router.delete("/{video_id}", status_code=204, summary="Delete a video")
async def delete_video(video_id: UUID, user: CurrentUser) -> None:
    """Delete a video and all its files. Running work is stopped."""
    await service.delete(user, video_id)


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
    url = await service.download_url(user, video_id, name)
    if redirect:
        return RedirectResponse(url, 307)
    return JSONResponse({"url": url})


@router.post(
    "/{video_id}/cancel", status_code=202, responses=problems(409, 429), summary="Cancel processing"
)
async def cancel_video(video_id: UUID, user: AskingUser) -> VideoItem:
    """Cancel the video's queued or running job."""
    await service.cancel(user, video_id)
    return await user.services.videos.get(video_id, user.user_id)


@router.post(
    "/{video_id}/retry", status_code=202, responses=problems(409, 429), summary="Process again"
)
async def retry_video(video_id: UUID, user: AskingUser) -> VideoItem:
    """Process a failed or cancelled video again."""
    await service.retry(user, video_id)
    return await user.services.videos.get(video_id, user.user_id)
