"""Accounts, invites and sessions."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from core.model.tables.base import Base


class User(Base):
    """An account. One that has been closed keeps nothing but its id until its videos are gone."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint(
            "(closed_at IS NULL) = (email IS NOT NULL)"
            " AND (closed_at IS NULL) = (password_hash IS NOT NULL)",
            name="closed_is_bare",
        ),
        Index("ix_users_admins", "id", postgresql_where="role = 'admin'"),
        Index("ix_users_closed", "id", postgresql_where="closed_at IS NOT NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254), unique=True)  # in lower case
    password_hash: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16), server_default="user")
    # Used no more; the version before reads it while this one is rolled out.
    session_epoch: Mapped[int] = mapped_column(server_default="0")
    # Set by the operator: whoever has a higher one goes before all others.
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_at: Mapped[datetime | None]  # by its owner; see accounts.py


class Invite(Base):
    """Lets one person make an account; see `backend/invites`. Only a hash of its code is kept."""

    __tablename__ = "invites"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)  # SHA-256, in hex
    email: Mapped[str | None] = mapped_column(String(254))  # the only one that may use it
    created_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
    used_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Session(Base):
    """A session that has not ended; see `backend/auth/stored_sessions.py`. Redis has the rest."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    token_id: Mapped[str] = mapped_column(Text)  # of the only refresh token that is good
    expires_at: Mapped[datetime]
