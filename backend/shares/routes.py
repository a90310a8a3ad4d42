"""The links of a video over HTTP, for its owner."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel
from sqlalchemy import Row

from backend.deps import CurrentUser, WritingUser
from backend.http.base import base_of
from backend.http.errors import problems
from backend.http.paging import Cursor, Limit, encode_cursor
from backend.http.paths import EMBED
from backend.shares import links
from backend.shares.schemas import NewShare, ShareItem, SharePage
from core.errors import Conflict

router = APIRouter(prefix="/v1/videos/{video_id}/shares", tags=["shares"])
IdempotencyKey = Annotated[
    str | None,
    Header(
        max_length=200,
        description="A second request with the same key makes no second link: its answer is the "
        "first one.",
    ),
]


class _Asked(BaseModel):
    """What an `Idempotency-Key` stands for."""

    video_id: UUID
    share: NewShare


class _Made(BaseModel):
    """What is remembered of it: no token."""

    id: UUID


@router.post("", status_code=201, responses=problems(409, 429), summary="Share a video")
async def create_share(
    video_id: UUID,
    user: WritingUser,
    request: Request,
    body: NewShare | None = None,
    idempotency_key: IdempotencyKey = None,
) -> ShareItem:
    """Make a link at which whoever has it can watch the video.

    It shows what the video's newest main job has made, also after the video was made anew. It ends
    at `expires_at`, when you end it, or with the video.
    """
    asked = _Asked(video_id=video_id, share=body or NewShare())

    async def make() -> _Made:
        return _Made(id=await links.create(user, video_id, asked.share))

    made, _ = await user.services.idempotency.once(
        user.user_id, idempotency_key, asked, _Made, make
    )
    row = await links.one(user, made.id)
    if row is None:
        raise Conflict(
            "The link of the first request with this Idempotency-Key has been ended. "
            "Use another key for a new one.",
            "idempotency_result_gone",
        )
    return _item(row, base_of(request, user.services.settings))


@router.get("", summary="The links of a video")
async def list_shares(
    video_id: UUID, user: CurrentUser, request: Request, limit: Limit = 20, cursor: Cursor = None
) -> SharePage:
    """List the links of a video, newest first; those that expired too, for 30 days."""
    rows = await links.of_video(user, video_id, most=limit + 1, cursor=cursor)
    base = base_of(request, user.services.settings)
    following = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return SharePage(items=[_item(row, base) for row in rows[:limit]], next_cursor=following)


@router.delete("/{share_id}", status_code=204, summary="End a link")
async def delete_share(video_id: UUID, share_id: UUID, user: CurrentUser) -> None:
    """End a link. Who is watching by it is stopped within 5 minutes."""
    await links.end(user, video_id, share_id)


def _item(row: Row[Any], base: str) -> ShareItem:
    place = f"{base}{EMBED}{row.token}"
    return ShareItem(**row._mapping, url=place, embed_url=place)  # noqa: SLF001
