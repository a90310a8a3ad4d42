"""Logs in to Postgres, also with a password that AWS Secrets Manager keeps and changes.

RDS changes it every few days; the cache for secrets that AWS offers blocks the event loop.

IAM: secretsmanager:GetSecretValue on the secret, and kms:Decrypt for a key of your own.
"""

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from core import log
from core.adapters.aws import client
from core.adapters.aws_errors import translated
from core.config import DatabaseSettings
from core.errors import Unavailable

_log = log.get(__name__)

# A new password is noticed when the old one is refused; this only spares the asking for each
# connection of a pool that fills.
_KEPT_S = 60.0
# A password that stays wrong must not become a storm of questions.
_ASKED_AGAIN_EVERY_S = 1.0


@dataclass(frozen=True)
class Login:
    """Who logs in; `user` is None where the secret is a password alone."""

    password: str = field(repr=False)
    user: str | None = None


def parse_login(text: str) -> Login:
    """Read a secret: JSON as RDS writes it (`username`, `password`), or a password as it is.

    Raises:
        ValueError: there is no password in it. The message holds nothing of the secret.
    """
    text = text.strip()
    try:
        found = json.loads(text) if text.startswith("{") else {"password": text}
    except ValueError:
        raise ValueError("the secret begins like JSON and is none") from None
    password = found.get("password")
    if not isinstance(password, str) or not password:
        raise ValueError("the secret has no password")
    return Login(password, found.get("username") or None)


class Secret:
    """A login that is asked for when it is needed.

    Args:
        ask: gives the secret's present text; raises `Unavailable`.
        clock: seconds, from any beginning.
    """

    def __init__(
        self, ask: Callable[[], Awaitable[str]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._kept: Login | None = None
        self._failure = ""
        self._asked_at = self._renewed_at = -math.inf
        self._asking = asyncio.Lock()

    async def login(self, refused: Login | None = None) -> Login:
        """Return the login; who asks at the same time shares one question.

        Args:
            refused: what the database has just refused. It is asked for again, unless that was
                done a moment ago.

        Raises:
            ConnectionError: the secret has never been read. To whoever wanted a connection that is
                the same as a database that is away.
        """
        async with self._asking:
            # Not where somebody else, who was refused too, has done so meanwhile.
            renew = refused is not None and refused == self._kept
            if not self._is_fresh(renew):
                await self._read(renew)
            if self._kept is None:
                raise ConnectionError(self._failure)
            return self._kept

    def _is_fresh(self, renew: bool) -> bool:
        now = self._clock()
        if renew:
            return now - self._renewed_at < _ASKED_AGAIN_EVERY_S
        return now - self._asked_at < (_ASKED_AGAIN_EVERY_S if self._kept is None else _KEPT_S)

    async def _read(self, renew: bool) -> None:
        try:
            self._kept = parse_login(await self._ask())
        except (Unavailable, ValueError) as error:
            self._failure = f"DATABASE_SECRET cannot be read: {error}"
            if self._kept is not None:
                # What let us in a minute ago most likely still does; and where it was refused, the
                # database says so better than we.
                _log.warning("secret_not_read", error=str(error))
        self._asked_at = self._clock()
        if renew:
            self._renewed_at = self._asked_at


def database_secret(settings: DatabaseSettings) -> Secret | None:
    """Return the secret that the settings name; None when the address has the password."""
    if settings.database_secret is None:
        return None

    async def ask() -> str:
        with translated("The store of secrets"):
            # Opened for each question: they are minutes apart, and this way nobody has to close it.
            async with client(settings, "secretsmanager", read_s=3) as store:
                answer = await store.get_secret_value(SecretId=settings.database_secret)
        return str(answer.get("SecretString", ""))

    return Secret(ask)


def connector(url: str, secret: Secret | None, **options: Any) -> Callable[[], Awaitable[Any]]:
    """Return what makes a connection each time it is called, for SQLAlchemy's `async_creator`.

    Args:
        url: where Postgres is. What follows `?` is asyncpg's: `ssl=require` for TLS,
            `ssl=verify-full` with the certificates that `PGSSLROOTCERT` names.
        secret: keeps the password, and the user where the URL has none.
        options: further ones of asyncpg.
    """
    address = make_url(url)
    _, given = address.get_dialect()().create_connect_args(address)
    options = {**given, **options}

    async def connect() -> Any:
        if secret is None:
            return await asyncpg.connect(**options)
        login = await secret.login()
        try:
            return await asyncpg.connect(**{"user": login.user, **options}, password=login.password)
        except asyncpg.InvalidAuthorizationSpecificationError:
            # The password was changed since we asked; a moment later the new one is known.
            renewed = await secret.login(refused=login)
            if renewed == login:
                raise
        return await asyncpg.connect(**{"user": renewed.user, **options}, password=renewed.password)

    return connect
