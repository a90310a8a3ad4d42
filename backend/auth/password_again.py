"""What needs the password again: to change it, and to delete the account.

The password is checked with the rate limits of a login, so that nobody can guess it in a session
that was left open. Redis is changed before Postgres commits, so no session lives longer than the
answer. If Redis is away, nothing changes.
"""

from sqlalchemy import select, update

from backend.auth import service, stored_sessions
from backend.auth.passwords import check_password
from backend.deps import Principal
from core import accounts
from core.model.tables import User


async def change_password(user: Principal, current: str, new: str, *, address: str) -> None:
    """Set another password and end every other session.

    Raises:
        Forbidden: `password_wrong`.
        Invalid: `password_rejected`.
        RateLimited: too many attempts.
        Unauthenticated: `session_revoked`: the account is closed.
    """
    services = user.services
    email, shown = await _show_password(user, current, address)
    check_password(new, email)
    hashed = await services.passwords.hash(new)
    async with services.db.begin() as tx:
        await accounts.hold(tx, user.user_id, shown)
        await tx.execute(update(User).where(User.id == user.user_id).values(password_hash=hashed))
        await stored_sessions.end_all(tx, user.user_id, keep=user.session_id)
        await services.sessions.end_all(user.user_id, keep=user.session_id)


async def end_account(user: Principal, password: str, *, address: str) -> None:
    """End the account; sweeps then remove what is stored for it.

    Raises:
        Forbidden: `password_wrong`.
        Conflict: `last_admin`.
        RateLimited: too many attempts.
        Unauthenticated: `session_revoked`: it is closed already.
    """
    services = user.services
    _, shown = await _show_password(user, password, address)
    async with services.db.begin() as tx:
        await accounts.close(tx, user.user_id, shown)
        await services.sessions.end_all(user.user_id)


async def _show_password(user: Principal, password: str, address: str) -> tuple[str, str]:
    """Return the account's address and the hash that a password was found to fit."""
    services = user.services
    statement = select(User.email, User.password_hash).where(
        User.id == user.user_id, User.closed_at.is_(None)
    )
    async with services.db.autocommit() as connection:
        row = (await connection.execute(statement)).one_or_none()
    if row is None:
        raise accounts.gone()
    await service.limit_attempts(services, row.email, address)
    if not await services.passwords.verify(password, row.password_hash):
        await service.count_failure(services, row.email, address)
        raise accounts.wrong_password()
    return row.email, row.password_hash
