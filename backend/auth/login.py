"""Sessions begin, go on and end here: login, refresh and logout."""

import contextlib
import uuid
from collections.abc import Collection
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from fastapi import APIRouter, Cookie, Depends, Header, Request, Response
from sqlalchemy import select

from backend.auth import stored_sessions
from backend.auth.attempts import count_failure, limit_address, limit_attempts
from backend.auth.schemas import Credentials, RefreshRequest, TokenAnswer
from backend.auth.sessions import Rotated, ended
from backend.auth.tokens import Token
from backend.deps import Address, OpenServices, Services
from backend.http.errors import problems
from backend.http.fields import is_storable
from core import accounts
from core.errors import Forbidden, Unauthenticated
from core.model.tables import User

COOKIE = "framemill_refresh"
COOKIE_PATH = "/v1/auth"  # the cookie goes nowhere else
# What browsers say of who asks (W3C Fetch Metadata); other clients say nothing.
_FOREIGN = ("cross-site", "same-site")

router = APIRouter(prefix="/v1/auth", tags=["accounts"])
RefreshCookie = Annotated[str | None, Cookie(alias=COOKIE, include_in_schema=False)]
UserAgent = Annotated[str, Header(include_in_schema=False)]


async def _refresh_token(
    request: Request,
    services: OpenServices,
    body: RefreshRequest | None = None,
    cookie: RefreshCookie = None,
) -> tuple[str | None, bool]:
    """Return a refresh token, and whether it is from the body: else from a page that may use it."""
    if body is not None and body.refresh_token is not None:
        return body.refresh_token, True
    check_origin(request, services.settings.allowed_origins)
    return cookie, False


ShownToken = Annotated[tuple[str | None, bool], Depends(_refresh_token)]


@router.post("/login", responses=problems(401, 429), summary="Log in")
async def login(
    body: Credentials,
    response: Response,
    services: OpenServices,
    address: Address,
    user_agent: UserAgent = "",
) -> TokenAnswer:
    """Start a session. A browser gets its refresh token in a cookie, other clients in the body."""
    email, row = body.email.strip().lower(), None
    await limit_attempts(services, email, address)
    if is_storable(email):
        async with services.db.autocommit() as connection:
            statement = select(User.id, User.password_hash).where(User.email == email)
            row = (await connection.execute(statement)).one_or_none()
    wrong = Unauthenticated("The address or the password is wrong.", "invalid_credentials")
    fits = await services.passwords.verify(body.password, row.password_hash if row else None)
    if not fits or row is None:
        await count_failure(services, email, address)
        raise wrong
    known = {"client": body.client, "user_agent": user_agent, "address": address}
    try:
        issued = await begin_session(services, row.id, **known, password_hash=row.password_hash)
    except Unauthenticated:  # closed, or its password changed, while this one was verified
        raise wrong from None
    return _answer(services, response, issued, in_body=body.client == "native")


@router.post("/refresh", responses=problems(401, 403, 429), summary="Refresh the access token")
async def refresh(
    response: Response, services: OpenServices, address: Address, shown: ShownToken
) -> TokenAnswer:
    """Return a new access token and the next refresh token.

    A refresh token that is used twice ends its session.
    """
    text, in_body = shown
    await limit_address(services, "refresh", address)
    if text is None:
        raise Unauthenticated("The refresh token is missing. Log in.", "token_missing")
    token = services.tokens.check("refresh", text)
    try:
        rotated = await _rotate(services, token)
    except Unauthenticated:
        await end_session(services, token.user_id, token.session_id)
        raise
    issued = _issue(services, token.user_id, token.session_id, rotated)
    return _answer(services, response, issued, in_body=in_body)


@router.post("/logout", status_code=204, responses=problems(403), summary="Log out")
async def logout(response: Response, services: OpenServices, shown: ShownToken) -> None:
    """End the session of a refresh token. Its access tokens stop working at once."""
    with contextlib.suppress(Unauthenticated):
        token = services.tokens.check("refresh", shown[0] or "")
        await end_session(services, token.user_id, token.session_id)
    response.delete_cookie(COOKIE, path=COOKIE_PATH)


def check_origin(request: Request, allowed: Collection[str]) -> None:
    """Refuse a browser's request that comes from somebody else's page.

    Raises:
        Forbidden: `origin_not_allowed`.
    """
    origin = request.headers.get("origin")
    if origin in allowed:
        return
    if origin is None and request.headers.get("sec-fetch-site") not in _FOREIGN:
        return
    if origin is not None and _host_of(origin) == request.headers.get("host"):
        return
    raise Forbidden("This page is not allowed to use the session cookie.", "origin_not_allowed")


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # no address at all, such as http://[
        return None


class IssuedTokens(NamedTuple):
    """Both tokens of a session."""

    access: str
    refresh: str


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


def _answer(
    services: Services, response: Response, issued: IssuedTokens, *, in_body: bool
) -> TokenAnswer:
    settings = services.settings
    if not in_body:
        response.set_cookie(
            COOKIE,
            issued.refresh,
            max_age=settings.refresh_token_s,
            path=COOKIE_PATH,
            secure=settings.cookie_secure,
            httponly=True,
            samesite="strict",
        )
    return TokenAnswer(
        access_token=issued.access,
        expires_in=settings.access_token_s,
        refresh_token=issued.refresh if in_body else None,
    )
