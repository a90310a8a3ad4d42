"""Accounts and their sessions."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from backend.auth.passwords import check_password
from backend.auth.sessions import Rotated
from backend.deps import Principal, Services
from backend.ratelimit import Limit
from core.errors import Conflict, Invalid, NotFound, RateLimited, Unauthenticated
from core.ids import new_id
from core.models import User


@dataclass(frozen=True)
class AccountRow:
    """An account without its password."""

    id: uuid.UUID
    email: str
    role: str
    created_at: datetime


@dataclass(frozen=True)
class IssuedTokens:
    """Both tokens of a session."""

    access: str
    refresh: str


async def register(held: Services, email: str, password: str, address: str) -> AccountRow:
    """Make an account.

    Raises:
        Invalid: `password_rejected`.
        Conflict: `email_unavailable`.
        RateLimited: too many from that address.
    """
    await held.limits.take(Limit("register", held.settings.rate_limit_address), address)
    if "\x00" in email:
        raise Invalid("The address holds a character that is not allowed.")
    check_password(password, email)
    hashed = await held.passwords.hash(password)
    statement = (
        insert(User)
        .values(id=new_id(), email=email, password_hash=hashed)
        .returning(User.id, User.email, User.role, User.created_at)
    )
    try:
        async with held.db.begin() as tx:
            row = (await tx.execute(statement)).one()
    except IntegrityError:
        raise Conflict("This address has an account already.", "email_unavailable") from None
    return AccountRow(*row)


async def log_in(
    held: Services, email: str, password: str, *, client: str, user_agent: str, address: str
) -> IssuedTokens:
    """Begin a session.

    Raises:
        Unauthenticated: `invalid_credentials`, whether the address is unknown or the password
            wrong.
        RateLimited: too many from that address, or too many failures for that account.
    """
    email = email.strip().lower()
    await _limit_login(held, email, address)
    async with held.db.read() as connection:
        row = (
            await connection.execute(
                select(User.id, User.password_hash, User.session_epoch).where(
                    User.email == email.replace("\x00", "")
                )
            )
        ).one_or_none()
    if not await held.passwords.verify(password, row.password_hash if row else None) or not row:
        await _count_failure(held, email, address)
        raise Unauthenticated("The address or the password is wrong.", "invalid_credentials")
    session_id, rotated = await held.sessions.begin(
        row.id, client=client, user_agent=user_agent, address=address, epoch=row.session_epoch
    )
    return _issue(held, row.id, session_id, rotated)


async def refresh(held: Services, token: str | None, address: str) -> IssuedTokens:
    """Exchange a refresh token for a new pair.

    Raises:
        Unauthenticated: there is none, it is not valid, or its session has ended.
    """
    await held.limits.take(Limit("refresh", held.settings.rate_limit_address), address)
    if token is None:
        raise Unauthenticated("There is no refresh token; log in.", "token_missing")
    shown = held.tokens.check("refresh", token)
    rotated = await held.sessions.rotate(shown.user_id, shown.session_id, shown.token_id)
    async with held.db.read() as connection:
        epoch = await connection.scalar(select(User.session_epoch).where(User.id == shown.user_id))
    if epoch != rotated.epoch:
        # Redis came back with contents from before all sessions were ended.
        await held.sessions.end_all(shown.user_id)
        raise Unauthenticated("This session has ended; log in again.", "session_revoked")
    return _issue(held, shown.user_id, shown.session_id, rotated)


async def log_out(held: Services, token: str | None) -> None:
    """End the session of a refresh token, if there is one."""
    if token is None:
        return
    try:
        shown = held.tokens.check("refresh", token)
        await held.sessions.rotate(shown.user_id, shown.session_id, shown.token_id)
        await held.sessions.end(shown.user_id, shown.session_id)
    except (Unauthenticated, NotFound):
        return


async def end_all_sessions(held: Services, user: Principal) -> None:
    """End every session of an account, those in a forgotten copy of Redis too."""
    async with held.db.begin() as tx:
        await tx.execute(
            update(User).where(User.id == user.user_id).values(session_epoch=User.session_epoch + 1)
        )
    await held.sessions.end_all(user.user_id)


async def account(held: Services, user: Principal) -> AccountRow:
    """Return the account of whoever asks."""
    async with held.db.read() as connection:
        row = (
            await connection.execute(
                select(User.id, User.email, User.role, User.created_at).where(
                    User.id == user.user_id
                )
            )
        ).one_or_none()
    if row is None:
        raise Unauthenticated("This account is gone.", "session_revoked")
    return AccountRow(*row)


def _issue(held: Services, user_id: uuid.UUID, session_id: str, rotated: Rotated) -> IssuedTokens:
    return IssuedTokens(
        held.tokens.access(user_id, session_id),
        held.tokens.refresh(user_id, session_id, rotated.token_id, rotated.issued_at),
    )


def _failure_limits(held: Services, email: str, address: str) -> list[tuple[Limit, str]]:
    settings = held.settings
    return [
        (Limit("login-account", settings.rate_limit_account), email),
        (Limit("login-pair", settings.rate_limit_pair), f"{address} {email}"),
    ]


async def _limit_login(held: Services, email: str, address: str) -> None:
    await held.limits.take(Limit("login", held.settings.rate_limit_address), address)
    for limit, who in _failure_limits(held, email, address):
        await held.limits.look(limit, who)


async def _count_failure(held: Services, email: str, address: str) -> None:
    """Count only failures by account: nobody is locked out by logging in often."""
    for limit, who in _failure_limits(held, email, address):
        try:
            await held.limits.take(limit, who)
        except RateLimited:
            continue  # others failed at the same moment; the next attempt is refused
