"""Bodies of the invite calls."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from backend.auth.schemas import Email

_DAY_S = 86_400


class NewInvite(BaseModel):
    """An invite for anybody with its code, or for one email address only."""

    email: Email | None = None
    expires_in_s: Annotated[
        int, Field(ge=60, le=90 * _DAY_S, description="How many seconds it is valid.")
    ] = 7 * _DAY_S


class _Invite(BaseModel):
    id: UUID
    email: str | None = Field(examples=["ada@example.com"])
    expires_at: datetime
    created_at: datetime


class InviteItem(_Invite):
    """An invite. `email` is the only address that can use it, null if anybody can."""

    used_at: datetime | None = Field(description="When an account was created with it.")


class CreatedInvite(_Invite):
    """A new invite with its code. The code is in this answer only."""

    code: str = Field(examples=["4kX0wq3vX2m1u0XyqW9a7g"])


class InvitePage(BaseModel):
    """Invites, newest first."""

    items: list[InviteItem]
    next_cursor: str | None
