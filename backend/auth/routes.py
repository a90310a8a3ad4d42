"""Accounts and sessions over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Cookie, Depends, Header, Request, Response
from sqlalchemy import select

from backend.auth import password_again, service, stored_sessions
from backend.auth.origin import check_origin
from backend.auth.schemas import (
    Account,
    AccountEnd,
    Credentials,
    Me,
    PasswordChange,
    RefreshRequest,
    Registration,
    RegistrationMode,
    SessionList,
    TokenAnswer,
)
from backend.deps import Address, CurrentUser, OpenServices, Services
from backend.http.errors import problems
from backend.http.text import is_storable
from core import accounts
from core.errors import NotFound
from core.model.tables import User

COOKIE = "framemill_refresh"
_PATH = "/v1/auth"  # the cookie goes nowhere else

router = APIRouter(prefix="/v1", tags=["accounts"])
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


@router.get("/auth/registration", summary="Who can create an account?")
async def get_registration(services: OpenServices) -> RegistrationMode:
    """Tell who can create an account: anybody, people with an invite, or nobody."""
    return RegistrationMode(registration=services.settings.registration)


@router.post(
    "/auth/register",
    status_code=201,
    responses=problems(403, 409, 429),
    summary="Create an account",
)
async def register(body: Registration, services: OpenServices, address: Address) -> Account:
    """Create an account with an email address and a password of 12 to 128 characters.

    If the server needs an invite, `invite` is its code. It works for one account.
    """
    return await service.register(services, body, address)


@router.post("/auth/login", responses=problems(401, 429), summary="Log in")
async def login(
    body: Credentials,
    response: Response,
    services: OpenServices,
    address: Address,
    user_agent: UserAgent = "",
) -> TokenAnswer:
    """Start a session. A browser gets its refresh token in a cookie, other clients in the body."""
    issued = await service.log_in(services, body, user_agent=user_agent, address=address)
    return _answer(services, response, issued, in_body=body.client == "native")


@router.post("/auth/refresh", responses=problems(401, 403, 429), summary="Refresh the access token")
async def refresh(
    response: Response, services: OpenServices, address: Address, shown: ShownToken
) -> TokenAnswer:
    """Return a new access token and the next refresh token.

    A refresh token that is used twice ends its session.
    """
    token, in_body = shown
    issued = await service.refresh(services, token, address)
    return _answer(services, response, issued, in_body=in_body)


@router.post("/auth/logout", status_code=204, responses=problems(403), summary="Log out")
async def logout(response: Response, services: OpenServices, shown: ShownToken) -> None:
    """End the session of a refresh token. Its access tokens stop working at once."""
    await service.log_out(services, shown[0])
    response.delete_cookie(COOKIE, path=_PATH)


@router.post(
    "/auth/password", status_code=204, responses=problems(403, 429), summary="Change the password"
)
async def change_password(body: PasswordChange, user: CurrentUser, address: Address) -> None:
    """Set a new password. All other sessions of the account end, this one stays."""
    await password_again.change_password(
        user, body.current_password, body.new_password, address=address
    )


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
    if not is_storable(session_id) or not await service.end_session(
        user.services, user.user_id, session_id
    ):
        raise NotFound("This session does not exist.")


@router.get("/me", summary="This account")
async def me(user: CurrentUser) -> Me:
    """Return the account of the caller."""
    statement = select(User.id, User.email, User.role, User.created_at).where(
        User.id == user.user_id, User.closed_at.is_(None)
    )
    async with user.services.db.autocommit() as connection:
        row = (await connection.execute(statement)).one_or_none()
    if row is None:
        raise accounts.gone()
    return Me.model_validate(row, from_attributes=True)


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
    await password_again.end_account(user, body.password, address=address)
    response.delete_cookie(COOKIE, path=_PATH)


def _answer(
    services: Services, response: Response, issued: service.IssuedTokens, *, in_body: bool
) -> TokenAnswer:
    settings = services.settings
    if not in_body:
        response.set_cookie(
            COOKIE,
            issued.refresh,
            max_age=settings.refresh_token_s,
            path=_PATH,
            secure=settings.cookie_secure,
            httponly=True,
            samesite="strict",
        )
    return TokenAnswer(
        access_token=issued.access,
        expires_in=settings.access_token_s,
        refresh_token=issued.refresh if in_body else None,
    )
