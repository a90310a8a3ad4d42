"""Server-Sent Events over HTTP."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from backend.deps import CurrentUser
from backend.events import stream
from backend.events.library import DeletedVideo
from backend.http.errors import problems
from backend.videos.schemas import VideoItem
from core import log
from core.errors import RateLimited, Unavailable

_log = log.get(__name__)

router = APIRouter(prefix="/v1", tags=["events"])


def _described(**events: type[BaseModel]) -> dict[str, Any]:
    """Return what OpenAPI should say of a stream: the names of its events and what they hold."""
    kinds = [
        {
            "properties": {
                "event": {"const": name},
                "data": {
                    "contentMediaType": "application/json",
                    "contentSchema": {"$ref": f"#/components/schemas/{model.__name__}"},
                },
            },
            "required": ["event", "id", "data"],
        }
        for name, model in events.items()
    ]
    content = {"text/event-stream": {"itemSchema": {"oneOf": kinds}}}
    return {"responses": {"200": {"content": content}}}


_EVENTS = _described(video=VideoItem, deleted=DeletedVideo)


async def _slot(user: CurrentUser) -> AsyncIterator[None]:
    """Answer 429 before the stream begins; the slot is given back when the connection is gone."""
    most = user.services.settings.max_streams_per_user
    detail = f"You have {most} open event streams. Close one."
    with user.services.streams.one(user.user_id, lambda: RateLimited(detail, retry_after_s=15)):
        yield


async def _known_video(video_id: UUID, user: CurrentUser) -> UUID:
    """Answer 404 before the stream begins; after that only closing it is left."""
    await user.services.videos.get(video_id, user.user_id)
    return video_id


@router.get(
    "/videos/{video_id}/events",
    response_class=EventSourceResponse,
    responses=problems(429),
    dependencies=[Depends(_slot)],
    summary="Follow one video",
    openapi_extra=_EVENTS,
)
async def follow_video(
    video_id: Annotated[UUID, Depends(_known_video)], user: CurrentUser
) -> AsyncIterator[ServerSentEvent]:
    """Send the video now and after every change. It ends with the video or the session."""
    async for event in _sent(stream.changes(user, video_id)):
        yield event


@router.get(
    "/events",
    response_class=EventSourceResponse,
    responses=problems(429),
    dependencies=[Depends(_slot)],
    summary="Follow all videos",
    openapi_extra=_EVENTS,
)
async def follow_all(
    user: CurrentUser,
    last_event_id: Annotated[
        str | None, Header(description="Last id of an earlier stream: all videos are sent first.")
    ] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Send the newest videos and recent changes, then each change. It ends with the session."""
    async for event in _sent(stream.changes(user, everything=bool(last_event_id))):
        yield event


async def _sent(changes: AsyncGenerator[stream.Change]) -> AsyncIterator[ServerSentEvent]:
    """Yield changes as events; what they are read from being away ends the stream."""
    try:
        async with aclosing(changes):
            async for change in changes:
                name = "deleted" if isinstance(change, DeletedVideo) else "video"
                told = change.model_dump_json()
                yield ServerSentEvent(event=name, id=str(change.version), raw_data=told)
    except Unavailable as error:
        _log.warning("stream_ended", error=repr(error))
