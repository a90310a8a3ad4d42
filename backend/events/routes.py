"""Server-Sent Events over HTTP."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent

from backend.deps import CurrentUser
from backend.errors import responses
from backend.events import stream
from backend.videos.schemas import VideoItem

router = APIRouter(prefix="/v1", tags=["events"])


async def _known_video(video_id: UUID, user: CurrentUser) -> UUID:
    """Answer 404 before the stream begins; after that only closing it is left."""
    await user.held.videos.get(video_id, user.user_id)
    return video_id


@router.get(
    "/videos/{video_id}/events",
    response_class=EventSourceResponse,
    responses=responses(401, 404),
    summary="Follow one video",
)
async def follow_video(
    video_id: Annotated[UUID, Depends(_known_video)], user: CurrentUser
) -> AsyncIterator[ServerSentEvent]:
    """Send the video now and after every change; ends when it is deleted."""
    async for item in stream.changes_of_one(
        user.held.videos, user.held.subscriber, user.user_id, video_id
    ):
        yield _event(item)


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses=responses(401),
    summary="Follow all videos",
)
async def follow_all(user: CurrentUser) -> AsyncIterator[ServerSentEvent]:
    """Send the user's newest videos now and each video after every change."""
    async for item in stream.changes_of_all(user.held.videos, user.held.subscriber, user.user_id):
        yield _event(item)


def _event(item: VideoItem) -> ServerSentEvent:
    return ServerSentEvent(event="video", id=str(item.version), raw_data=item.model_dump_json())
