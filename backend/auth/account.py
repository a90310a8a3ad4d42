"""The account of the caller: its sessions, its password, its end.

A password is asked for again with the rate limits of a login, so that nobody can guess it in a
session that was left open. Redis is changed before Postgres commits, so no session lives longer
than the answer. If Redis is away, nothing changes.
"""

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select, update

from backend.auth import login, stored_sessions
from backend.auth.attempts import count_failure, limit_attempts
from backend.auth.login import COOKIE, COOKIE_PATH
from backend.auth.passwords import check_password
from backend.auth.schemas import AccountEnd, Me, PasswordChange, SessionList
from backend.deps import Address, CurrentUser, Principal
from backend.http.errors import problems
from backend.http.fields import is_storable
from core import accounts
from core.errors import NotFound
from core.model.tables import User

router = APIRouter(prefix="/v1", tags=["accounts"])


@router.post(
    "/auth/password", status_code=204, responses=problems(403, 429), summary="Change the password"
)
async def change_password(body: PasswordChange, user: CurrentUser, address: Address) -> None:
    """Set a new password. All other sessions of the account end, this one stays."""
    services = user.services
    email, shown = await _show_password(user, body.current_password, address)
    check_password(body.new_password, email)
    hashed = await services.passwords.hash(body.new_password)
    async with services.db.begin() as tx:
        await accounts.hold(tx, user.user_id, shown)
        await tx.execute(update(User).where(User.id == user.user_id).values(password_hash=hashed))
        await stored_sessions.end_all(tx, user.user_id, keep=user.session_id)
        await services.sessions.end_all(user.user_id, keep=user.session_id)


@router.get("/auth/sessions", summary="List sessions")
async def list_sessions(user: CurrentUser) -> SessionList:
    """List the sessions of the account, the last used first."""
    return SessionList(items=await user.services.sessions.list_of(user.user_id, user.session_id))


@router.delete("/auth/sessions", status_code=204, summary="End all sessions")
async def end_sessions(user: CurrentUser) -> None:
    """End all sessions of the account, this one too."""
    async with user.services.db.begin() as tx:
        await stored_sessions.end_all(tx, user.user_id)
    await user.services.sessions.end_all(user.user_id)


@router.delete("/auth/sessions/{session_id}", status_code=204, summary="End a session")
async def end_session(session_id: str, user: CurrentUser) -> None:
    """End one session of the account."""
    if not is_storable(session_id) or not await login.end_session(
        user.services, user.user_id, session_id
    ):
        raise NotFound("This session does not exist.")


@router.get("/me", summary="This account")
async def me(user: CurrentUser) -> Me:
    """Return the account of the caller."""
    return Me.model_validate(await _open_account(user), from_attributes=True)


@router.post(
    "/me/delete", status_code=204, responses=problems(403, 409, 429), summary="Delete this account"
)
async def delete_account(
    body: AccountEnd, response: Response, user: CurrentUser, address: Address
) -> None:
    """Delete the account of the caller, with all its sessions and videos.

    Login stops at once, and the email address can be used again. The files are removed soon
    after. The only admin must make another user an admin first.
    """
    services = user.services
    _, shown = await _show_password(user, body.password, address)
    async with services.db.begin() as tx:
        await accounts.close(tx, user.user_id, shown)
        await services.sessions.end_all(user.user_id)
    response.delete_cookie(COOKIE, path=COOKIE_PATH)


async def _open_account(user: Principal) -> Any:
    columns = (User.id, User.email, User.role, User.created_at, User.password_hash)
    statement = select(*columns).where(User.id == user.user_id, User.closed_at.is_(None))
    async with user.services.db.autocommit() as connection:
        row = (await connection.execute(statement)).one_or_none()
    if row is None:
        raise accounts.gone()
    return row


async def _show_password(user: Principal, password: str, address: str) -> tuple[str, str]:
    """Return the account's address and the hash that a password was found to fit."""
    services, row = user.services, await _open_account(user)
    await limit_attempts(services, row.email, address)
    if not await services.passwords.verify(password, row.password_hash):
        await count_failure(services, row.email, address)
        raise accounts.wrong_password()
    return row.email, row.password_hash
