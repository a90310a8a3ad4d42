"""The password of the database is kept in Secrets Manager, and changes under a running process."""

import asyncio
import secrets
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aioboto3
import asyncpg
import pytest
import pytest_asyncio
from moto.server import ThreadedMotoServer
from sqlalchemy import text
from sqlalchemy.engine import make_url

from core.adapters.database_login import database_secret
from core.adapters.postgres import Database
from core.errors import DatabaseAway
from embedded.stack import Stack
from embedded.store import load_secrets
from tests.integration.core.test_migrations import migrate
from tests.support.app import StartApi
from tests.support.people import new_user
from tests.support.settings import Settings, settings_of
from tests.support.waiting import patiently

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def keeper() -> Iterator[str]:
    """Secrets Manager; yields its address."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Role:
    """A role of the database whose password is in a secret."""

    def __init__(self, admin: asyncpg.Connection, store: Any, settings: Settings) -> None:
        self.name = f"role_{uuid.uuid4().hex[:12]}"
        self.password = secrets.token_urlsafe(12)
        self._admin = admin
        self._store = store
        url = make_url(settings.database_url.get_secret_value())
        bare = url._replace(username=None, password=None).render_as_string(hide_password=False)
        values = {"database_url": bare, "database_secret": self.name}
        self.settings = Settings(**{**settings.model_dump(), **values})

    async def create(self) -> None:
        await self._admin.execute(f"CREATE ROLE {self.name} LOGIN PASSWORD '{self.password}'")
        await self._store.create_secret(Name=self.name, SecretString=self._text())

    async def drop(self) -> None:
        await self._admin.execute(f"DROP ROLE {self.name}")

    async def rotate(self, *, tell: bool = True) -> None:
        """Change the password, and let the secret know unless it is to be late."""
        self.password = secrets.token_urlsafe(12)
        await self._admin.execute(f"ALTER ROLE {self.name} PASSWORD '{self.password}'")
        if tell:
            await self.tell()

    async def tell(self) -> None:
        await self._store.put_secret_value(SecretId=self.name, SecretString=self._text())

    def open(self, pool_size: int = 2) -> Database:
        url = self.settings.database_url.get_secret_value()
        return Database(url, pool_size, database_secret(self.settings))

    def _text(self) -> str:
        return f'{{"username": "{self.name}", "password": "{self.password}"}}'


@pytest_asyncio.fixture(loop_scope="session")
async def role(stack: Stack, keeper: str) -> AsyncIterator[Role]:
    settings = settings_of(stack, aws_endpoint_url=keeper)
    url = make_url(settings.database_url.get_secret_value())
    password = load_secrets(stack.data_dir)["postgres_admin"]
    admin = await asyncpg.connect(
        host=url.host, port=url.port, user="postgres", password=password, database=url.database
    )
    session = aioboto3.Session(region_name=settings.aws_region)
    async with session.client("secretsmanager", endpoint_url=keeper) as store:
        created = Role(admin, store, settings)
        await created.create()
        yield created
        await created.drop()
    await admin.close()


async def who(database: Database) -> Any:
    async with database.autocommit() as connection:
        return await connection.scalar(text("SELECT current_user"))


async def test_who_logs_in_is_read_from_the_secret(stack: Stack, role: Role) -> None:
    database = role.open()
    assert await who(database) == role.name
    await database.close()


async def test_new_connections_succeed_after_the_password_was_changed(
    stack: Stack, role: Role
) -> None:
    database = role.open(pool_size=3)
    async with database.autocommit() as first:
        await first.execute(text("SELECT 1"))
        await role.rotate()
        assert await who(database) == role.name, "a second connection, beside the first"
        await first.execute(text("SELECT 1"))  # what is open stays open
    await database.close()


async def test_a_secret_that_is_late_is_a_database_that_is_away_for_a_while(
    stack: Stack, role: Role
) -> None:
    database = role.open()
    await role.rotate(tell=False)
    with pytest.raises(DatabaseAway, match="password authentication failed"):
        await who(database)
    await role.tell()

    async def gets_in() -> None:
        while True:
            try:
                assert await who(database) == role.name
            except DatabaseAway:
                await asyncio.sleep(0.05)  # the secret is asked for once a second at the most
            else:
                return

    async with patiently():
        await gets_in()
    await database.close()


async def test_a_secret_that_is_not_there_is_a_database_that_is_away(
    stack: Stack, role: Role
) -> None:
    values = {**role.settings.model_dump(), "database_secret": f"no-{role.name}"}
    settings = Settings(**values)
    database = Database(settings.database_url.get_secret_value(), secret=database_secret(settings))
    with pytest.raises(DatabaseAway, match="ResourceNotFoundException"):
        await who(database)
    await database.close()


async def test_tls_that_is_asked_for_is_not_done_without(stack: Stack) -> None:
    url = settings_of(stack).database_url.get_secret_value()
    database = Database(f"{url}?ssl=require")
    with pytest.raises(DatabaseAway, match="SSL"):  # the stack's Postgres has none
        await who(database)
    await database.close()


async def test_the_migrations_use_it_too(stack: Stack, keeper: str) -> None:
    settings = settings_of(stack)
    url = make_url(settings.database_url.get_secret_value())
    store = aioboto3.Session(region_name=settings.aws_region)
    name = f"owner-{uuid.uuid4().hex}"
    async with store.client("secretsmanager", endpoint_url=keeper) as client:
        await client.create_secret(Name=name, SecretString=url.password)
    bare = url._replace(password=None).render_as_string(hide_password=False)

    values = stack.environment | {"DATABASE_URL": bare, "AWS_ENDPOINT_URL": keeper}

    status, told = await migrate(**values, DATABASE_SECRET=name)
    assert status == 0, told
    status, told = await migrate(**values, DATABASE_SECRET=f"no-{name}")
    assert status == 1
    assert told.startswith("framemill: the database does not answer: DATABASE_SECRET")


async def test_the_api_logs_in_with_passwords_from_elsewhere(
    stack: Stack, keeper: str, settings: Settings, start_api: StartApi
) -> None:
    database = make_url(settings.database_url.get_secret_value())
    cache = urlsplit(settings.redis_url.get_secret_value())
    assert database.password
    assert cache.password
    name = f"owner-{uuid.uuid4().hex}"
    session = aioboto3.Session(region_name=settings.aws_region)
    async with session.client("secretsmanager", endpoint_url=keeper) as client:
        await client.create_secret(Name=name, SecretString=database.password)
    api = await start_api(
        aws_endpoint_url=keeper,
        aws_endpoint_url_s3=settings.s3_url,
        database_url=database._replace(password=None).render_as_string(),
        database_secret=name,
        redis_url=cache._replace(netloc=f"{cache.hostname}:{cache.port}").geturl(),
        redis_password=cache.password,
    )
    person = await new_user(api)
    assert (await person.http.get("/v1/videos")).json()["items"] == []
