"""Invites over HTTP, for admins."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import delete, func, insert, select

from backend.deps import CurrentAdmin
from backend.http.errors import problems
from backend.http.paging import Cursor, Limit, decode_cursor, encode_cursor
from backend.invites.codes import hash_of
from backend.invites.schemas import CreatedInvite, InviteItem, InvitePage, NewInvite
from core import accounts
from core.errors import NotFound
from core.model.ids import new_id, new_token
from core.model.tables import Invite

router = APIRouter(prefix="/v1/admin/invites", tags=["admin"])
_CODE_BITS = 128


@router.post("", status_code=201, responses=problems(403), summary="Create an invite")
async def create_invite(admin: CurrentAdmin, body: NewInvite | None = None) -> CreatedInvite:
    """Create an invite for one account. Its code is in this answer only."""
    wanted, code = body or NewInvite(), new_token(_CODE_BITS)
    statement = (
        insert(Invite)
        .values(
            id=new_id(),
            code_hash=hash_of(code),
            email=wanted.email,
            created_by=admin.user_id,
            expires_at=func.now() + timedelta(seconds=wanted.expires_in_s),
        )
        .returning(Invite.id, Invite.email, Invite.expires_at, Invite.created_at)
    )
    async with admin.services.db.begin() as tx:
        await accounts.require_open(tx, admin.user_id)
        row = (await tx.execute(statement)).one()
    return CreatedInvite(code=code, **row._asdict())


@router.get("", responses=problems(403), summary="List invites")
async def list_invites(admin: CurrentAdmin, limit: Limit = 20, cursor: Cursor = None) -> InvitePage:
    """List the invites of all admins, newest first, until 30 days after they expire."""
    statement = (
        select(Invite.id, Invite.email, Invite.expires_at, Invite.created_at, Invite.used_at)
        .order_by(Invite.id.desc())
        .limit(limit + 1)
    )
    if cursor is not None:
        statement = statement.where(Invite.id < decode_cursor(cursor))
    async with admin.services.db.autocommit() as connection:
        rows = (await connection.execute(statement)).all()
    items = [InviteItem(**row._asdict()) for row in rows[:limit]]
    following = encode_cursor(items[-1].id) if len(rows) > limit else None
    return InvitePage(items=items, next_cursor=following)


@router.delete("/{invite_id}", status_code=204, responses=problems(403), summary="Delete an invite")
async def delete_invite(invite_id: UUID, admin: CurrentAdmin) -> None:
    """Delete an invite, used or not. An account that was created with it stays."""
    async with admin.services.db.begin() as tx:
        gone = await tx.execute(delete(Invite).where(Invite.id == invite_id))
    if not gone.rowcount:
        raise NotFound("This invite does not exist.")
