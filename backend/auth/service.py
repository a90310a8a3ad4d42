"""Accounts and their sessions."""

import uuid
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from backend.auth import stored_sessions
from backend.auth.passwords import check_password
from backend.auth.schemas import Account, Credentials, Registration
from backend.auth.sessions import Rotated, ended
from backend.auth.tokens import Token
from backend.deps import Services
from backend.http.address import network_of
from backend.http.ratelimit import Limit
from backend.http.text import is_storable
from backend.invites import codes
from core import accounts
from core.errors import Conflict, Forbidden, RateLimited, Unauthenticated
from core.model.ids import new_id
from core.model.tables import User


@dataclass(frozen=True)
class IssuedTokens:
    """Both tokens of a session."""

    access: str
    refresh: str


async def register(services: Services, wanted: Registration, address: str) -> Account:
    """Make an account.

    Raises:
        Forbidden: `registration_closed`, `invite_required` or `invite_invalid`.
        Invalid: `password_rejected`.
        Conflict: `email_unavailable`.
        RateLimited: too many from that address.
    """
    await services.rate_limits.take(
        Limit("register", services.settings.rate_limit_address), network_of(address)
    )
    email, user_id, code = wanted.email, new_id(), None
    if services.settings.registration == "closed":
        raise Forbidden("Nobody can create an account here.", "registration_closed")
    if services.settings.registration == "invite":
        code = wanted.invite
        if not code:
            raise Forbidden(
                "You need an invite to create an account. Ask for one.", "invite_required"
            )
        await codes.look(services, code, email)  # before a password is hashed for it
    check_password(wanted.password, email)
    hashed = await services.passwords.hash(wanted.password)
    statement = (
        insert(User)
        .values(id=user_id, email=email, password_hash=hashed)
        .returning(User.id, User.email, User.created_at)
    )
    try:
        async with services.db.begin() as tx:
            row = (await tx.execute(statement)).one()
            if code is not None:
                await codes.use(tx, code, email, user_id)
    except IntegrityError:
        raise Conflict("This email address already has an account.", "email_unavailable") from None
    return Account.model_validate(row, from_attributes=True)


async def log_in(
    services: Services, shown: Credentials, *, user_agent: str, address: str
) -> IssuedTokens:
    """Begin a session.

    Raises:
        Unauthenticated: `invalid_credentials`, whether the address is unknown or the password
            wrong.
        RateLimited: too many from that address, or too many failures for that account.
    """
    email, row = shown.email.strip().lower(), None
    await limit_attempts(services, email, address)
    if is_storable(email):
        async with services.db.autocommit() as connection:
            statement = select(User.id, User.password_hash).where(User.email == email)
            row = (await connection.execute(statement)).one_or_none()
    fits = await services.passwords.verify(shown.password, row.password_hash if row else None)
    if not fits or row is None:
        await count_failure(services, email, address)
        raise _wrong()
    known = {"client": shown.client, "user_agent": user_agent, "address": address}
    try:
        return await begin_session(services, row.id, **known, password_hash=row.password_hash)
    except Unauthenticated:  # closed, or its password changed, while this one was verified
        raise _wrong() from None


async def begin_session(
    services: Services,
    user_id: uuid.UUID,
    *,
    client: str,
    user_agent: str,
    address: str,
    password_hash: str | None = None,
) -> IssuedTokens:
    """Begin a session of somebody who has shown who they are.

    With `password_hash`, which was verified, the account must still have it.

    Raises:
        Unauthenticated: the account has been closed, or has another password by now.
    """
    session_id, first = await services.sessions.begin(
        user_id, client=client, user_agent=user_agent, address=address
    )
    try:
        async with services.db.begin() as tx:
            await accounts.require_open(tx, user_id, password_hash)
            await stored_sessions.begin(
                tx, user_id, session_id, first.token_id, services.settings.refresh_token_s
            )
    except Unauthenticated:
        await services.sessions.end(user_id, session_id)
        raise
    return _issue(services, user_id, session_id, first)


def _wrong() -> Unauthenticated:
    return Unauthenticated("The address or the password is wrong.", "invalid_credentials")


async def refresh(services: Services, token: str | None, address: str) -> IssuedTokens:
    """Exchange a refresh token for a new pair.

    Raises:
        Unauthenticated: there is none, it is not valid, or its session has ended.
    """
    await services.rate_limits.take(
        Limit("refresh", services.settings.rate_limit_address), network_of(address)
    )
    if token is None:
        raise Unauthenticated("The refresh token is missing. Log in.", "token_missing")
    shown = services.tokens.check("refresh", token)
    try:
        rotated = await _rotate(services, shown)
    except Unauthenticated:
        await end_session(services, shown.user_id, shown.session_id)
        raise
    return _issue(services, shown.user_id, shown.session_id, rotated)


async def _rotate(services: Services, shown: Token) -> Rotated:
    """Return what the next token is made of, if Redis and Postgres both know the session."""
    # Looked at before Redis changes anything, so that a database that is away costs no session.
    async with services.db.autocommit() as connection:
        last = await stored_sessions.last_token(connection, shown.user_id, shown.session_id)
    if last is None:
        raise ended()
    rotated = await services.sessions.rotate(
        shown.user_id,
        shown.session_id,
        shown.token_id,
        # Noted before it is handed out: so nobody was ever given the one after this.
        unanswered=last == shown.token_id,
    )
    life_s = services.settings.refresh_token_s
    async with services.db.begin() as tx:
        followed = await stored_sessions.follow(
            tx, shown.session_id, shown.token_id, rotated.token_id, life_s
        )
    if not followed and not await services.sessions.went_on(shown.session_id, rotated.token_id):
        # Redis came back with contents from before this token was used.
        raise ended()
    return rotated


async def log_out(services: Services, token: str | None) -> None:
    """End the session of a refresh token, if there is one."""
    if token is None:
        return
    try:
        shown = services.tokens.check("refresh", token)
    except Unauthenticated:
        return
    await end_session(services, shown.user_id, shown.session_id)


async def end_session(services: Services, user_id: uuid.UUID, session_id: str) -> bool:
    """End one session of a user for good; False when there is none."""
    async with services.db.begin() as tx:
        known = await stored_sessions.end(tx, user_id, session_id)
    return await services.sessions.end(user_id, session_id) or known


def _issue(
    services: Services, user_id: uuid.UUID, session_id: str, rotated: Rotated
) -> IssuedTokens:
    return IssuedTokens(
        services.tokens.access(user_id, session_id),
        services.tokens.refresh(user_id, session_id, rotated.token_id, rotated.issued_at),
    )


def _failure_limits(services: Services, email: str, address: str) -> list[tuple[Limit, str]]:
    settings = services.settings
    return [
        (Limit("login-account", settings.rate_limit_account), email),
        (Limit("login-pair", settings.rate_limit_pair), f"{network_of(address)} {email}"),
    ]


async def limit_attempts(services: Services, email: str, address: str) -> None:
    """Count one attempt to show a password.

    Raises:
        RateLimited: too many from that address, or too many failures for that account.
    """
    await services.rate_limits.take(
        Limit("login", services.settings.rate_limit_address), network_of(address)
    )
    for limit, who in _failure_limits(services, email, address):
        await services.rate_limits.take(limit, who, cost=0)


async def count_failure(services: Services, email: str, address: str) -> None:
    """Count only failures by account: nobody is locked out by logging in often."""
    for limit, who in _failure_limits(services, email, address):
        try:
            await services.rate_limits.take(limit, who)
        except RateLimited:
            continue  # others failed at the same moment; the next attempt is refused
