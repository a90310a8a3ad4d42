"""Opens connections to Postgres, and reads the password again when it is refused."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from core.adapters.database_login import Secret


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
