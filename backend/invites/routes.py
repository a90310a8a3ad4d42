"""Invites over HTTP, for admins."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from backend.deps import CurrentAdmin
from backend.http.errors import problems
from backend.invites import service
from backend.invites.schemas import CreatedInvite, InvitePage, NewInvite

router = APIRouter(prefix="/v1/admin/invites", tags=["admin"])


@router.post("", status_code=201, responses=problems(403), summary="Create an invite")
async def create_invite(admin: CurrentAdmin, body: NewInvite | None = None) -> CreatedInvite:
    """Create an invite for one account. Its code is in this answer only."""
    return await service.create(admin.services, admin, body or NewInvite())


@router.get("", responses=problems(403), summary="List invites")
async def list_invites(
    admin: CurrentAdmin,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1500)] = None,
) -> InvitePage:
    """List the invites of all admins, newest first, until 30 days after they expire."""
    items, following = await service.page(admin.services, limit=limit, cursor=cursor)
    return InvitePage(items=items, next_cursor=following)


@router.delete("/{invite_id}", status_code=204, responses=problems(403), summary="Delete an invite")
async def delete_invite(invite_id: UUID, admin: CurrentAdmin) -> None:
    """Delete an invite, used or not. An account that was created with it stays."""
    await service.withdraw(admin.services, invite_id)
