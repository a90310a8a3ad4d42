"""Text tracks over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from pydantic import BaseModel

from backend.deps import CurrentUser, WritingUser
from backend.http.errors import problems
from backend.http.paging import Cursor, Limit
from backend.tracks import service
from backend.tracks.schemas import NewTrack, TextTrack, TextTrackPage, TrackPatch
from core.errors import Conflict, NotFound

router = APIRouter(prefix="/v1/videos", tags=["tracks"])
_Key = Annotated[
    str | None,
    Header(
        max_length=200,
        description="A second request with the same key adds nothing. Its answer is the track of "
        "the first request, in its present state.",
    ),
]


class _Asked(BaseModel):
    """What one key stands for: the same text may be meant for several videos."""

    video_id: UUID
    track: NewTrack


@router.get("/{video_id}/tracks", summary="Captions of a video")
async def list_tracks(
    video_id: UUID, user: CurrentUser, limit: Limit = 20, cursor: Cursor = None
) -> TextTrackPage:
    """List captions and subtitles: those of the file, and those that were added."""
    return await service.page(user, video_id, limit, cursor)


@router.post(
    "/{video_id}/tracks", status_code=201, responses=problems(409, 429), summary="Add captions"
)
async def create_track(
    video_id: UUID, body: NewTrack, user: WritingUser, idempotency_key: _Key = None
) -> TextTrack:
    """Add captions to a video. They stay when it is processed again.

    What cannot be read in the text is told with its lines, in `errors`.
    """
    track, is_old = await user.services.idempotency.once(
        user.user_id,
        idempotency_key,
        _Asked(video_id=video_id, track=body),
        TextTrack,
        lambda: service.create(user, video_id, body),
    )
    if not is_old:
        return track
    try:
        return await service.get(user, video_id, track.id)
    except NotFound:
        raise Conflict(
            "The captions of the first request with this Idempotency-Key have been removed. "
            "Use another key to add some again.",
            "idempotency_result_gone",
        ) from None


@router.patch("/{video_id}/tracks/{track_id}", responses=problems(429), summary="Change captions")
async def change_track(
    video_id: UUID, track_id: UUID, body: TrackPatch, user: WritingUser
) -> TextTrack:
    """Change the language, name or text of captions. What is left out stays."""
    return await service.change(user, video_id, track_id, body)


@router.delete("/{video_id}/tracks/{track_id}", status_code=204, summary="Remove captions")
async def remove_track(video_id: UUID, track_id: UUID, user: CurrentUser) -> None:
    """Remove captions from a video."""
    await service.remove(user, video_id, track_id)
