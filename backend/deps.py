"""FastAPI dependencies: the adapters of the process, and the user of the request."""

import uuid
from dataclasses import dataclass
from functools import partial
from typing import Annotated, cast

import redis.asyncio as redis
import structlog
from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer as HTTPBearerModel
from fastapi.security.base import SecurityBase
from sqlalchemy import select

from backend.auth.passwords import Passwords
from backend.auth.sessions import Sessions
from backend.auth.tokens import Tokens
from backend.http.address import address_of
from backend.http.idempotency import Idempotency
from backend.http.ratelimit import RateLimiter
from backend.http.tally import Tally
from backend.playback.reader import FilmReader
from backend.playback.text_reader import TextReader
from backend.playback.tokens import PlaybackTokens
from backend.playback.written import WrittenLists
from backend.settings import Settings
from backend.videos.reader import VideoReader
from backend.workers import KnownWorkers
from core.accounts import ADMIN
from core.adapters.aws import Aws
from core.adapters.postgres import Database
from core.coalesce import Batcher
from core.errors import Forbidden, Unauthenticated
from core.events import Subscriber
from core.model.tables import User
from core.progress import ProgressBoard
from core.uploads import upload_lifecycle
from core.watching import Watching


class Services:
    """The opened adapters of one API process, and what is made of them."""

    def __init__(self, settings: Settings, db: Database, client: redis.Redis, opened: Aws) -> None:
        self.settings = settings
        self.db = db
        self.redis = client
        self.storage = opened.storage
        self.queue = opened.queue
        self.subscriber = Subscriber(client)
        self.streams = Tally[uuid.UUID](settings.max_streams_per_user)
        self.tokens = Tokens(settings)
        self.playback = PlaybackTokens(settings)
        self.films = FilmReader(db)
        self.texts = TextReader(db)
        self.lists = WrittenLists()
        self.sessions = Sessions(client, settings.refresh_token_s, settings.refresh_grace_s)
        self.passwords = Passwords()
        self.rate_limits = RateLimiter(client)
        self.idempotency = Idempotency(client)
        self.board = ProgressBoard(client)
        self.watching = Watching(client)
        self.videos = VideoReader(
            db, self.storage, settings.media_url_ttl_s, KnownWorkers(client), self.board
        )
        self.uploads = Batcher(partial(upload_lifecycle.load, db), dependency="The database")


async def _services(request: Request) -> Services:
    return _opened(request)


def _opened(request: Request) -> Services:
    """Return the adapters that the lifespan has opened."""
    return cast(Services, request.app.state.services)


@dataclass(frozen=True)
class Principal:
    """Who is asking, by a token whose session is alive, and the adapters to serve them with."""

    user_id: uuid.UUID
    session_id: str
    services: Services


class BearerSession(SecurityBase):
    """Reads the access token and looks its session up.

    One dependency gives all that a route of a known user needs: each further one would cost a
    twentieth of a small request.
    """

    def __init__(self) -> None:
        self.model = HTTPBearerModel(
            bearerFormat="JWT", description="The access token of login or refresh."
        )
        self.scheme_name = "AccessToken"

    async def __call__(self, request: Request) -> Principal:
        """Return who is asking.

        Raises:
            Unauthenticated: `token_missing`, `token_expired`, `token_invalid`, `session_revoked`.
        """
        user = self.claimed(request)
        await self.confirm(user)
        return user

    def claimed(self, request: Request) -> Principal:
        """Return who is asking by a token that is good, if only the session is alive yet.

        Raises:
            Unauthenticated: `token_missing`, `token_expired`, `token_invalid`.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Unauthenticated("Send Authorization: Bearer <access token>.", "token_missing")
        services = _opened(request)
        known = services.tokens.check_access(token.strip())
        return Principal(known.user_id, known.session_id, services)

    async def confirm(self, user: Principal) -> None:
        """Raise `session_revoked` unless the session is alive."""
        await user.services.sessions.check(user.session_id)
        structlog.contextvars.bind_contextvars(user_id=str(user.user_id))


async def _address(request: Request) -> str:
    return address_of(request.scope, _opened(request).settings.trusted_proxies)


OpenServices = Annotated[Services, Depends(_services)]
CurrentUser = Annotated[Principal, Depends(BearerSession())]


async def _asking(user: CurrentUser) -> Principal:
    """Return who is asking for work, unless that was too often within a minute."""
    most = user.services.settings.rate_limit_uploads
    await user.services.rate_limits.take("jobs", most, str(user.user_id))
    return user


async def _writing(user: CurrentUser) -> Principal:
    """Return who writes captions or links, unless that was too often within a minute."""
    most = user.services.settings.rate_limit_changes
    await user.services.rate_limits.take("changes", most, str(user.user_id))
    return user


async def _admin(user: CurrentUser) -> Principal:
    """Return who is asking, if it is an admin. Looked up each time: a role can be taken away."""
    async with user.services.db.autocommit() as connection:
        role = await connection.scalar(
            select(User.role).where(User.id == user.user_id, User.closed_at.is_(None))
        )
    if role != ADMIN:
        raise Forbidden("Only an admin is allowed to do this.")
    return user


AskingUser = Annotated[Principal, Depends(_asking)]
WritingUser = Annotated[Principal, Depends(_writing)]
CurrentAdmin = Annotated[Principal, Depends(_admin)]
Address = Annotated[str, Depends(_address)]
