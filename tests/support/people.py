"""Users of the API."""

import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from sqlalchemy import insert, update

from backend.auth.login import begin_session
from backend.auth.passwords import _HASHER
from core.accounts import ADMIN
from core.model.tables import User
from tests.support.app import Api

PASSWORD = "a-long-walk-in-the-rain"


@dataclass(frozen=True)
class Person:
    """A user with a session; `http` shows its access token."""

    id: uuid.UUID
    email: str
    token: str
    http: httpx.AsyncClient


def new_email() -> str:
    """Return an address that nobody has."""
    return f"{uuid.uuid4().hex}@example.com"


async def new_user(api: Api, *, address: str = "127.0.0.1") -> Person:
    """Make an account with `PASSWORD` and a native session, past the routes: that is quicker."""
    user_id, email = uuid.uuid4(), new_email()
    held = api.services
    async with held.db.begin() as tx:
        await tx.execute(
            insert(User).values(id=user_id, email=email, password_hash=_hash(PASSWORD))
        )
    issued = await begin_session(
        held, user_id, client="native", user_agent="tests", address=address
    )
    token = issued.access
    return Person(user_id, email, token, api.client(token, address=address))


async def new_admin(api: Api) -> Person:
    """Create an admin account."""
    person = await new_user(api)
    async with api.services.db.begin() as tx:
        await tx.execute(update(User).where(User.id == person.id).values(role=ADMIN))
    return person


async def register(
    http: httpx.AsyncClient, email: str, password: str = PASSWORD, **more: Any
) -> httpx.Response:
    """Ask for an account over HTTP."""
    body = {"email": email, "password": password, **more}
    return await http.post("/v1/auth/register", json=body)


async def login(
    http: httpx.AsyncClient, email: str, password: str = PASSWORD, **more: Any
) -> httpx.Response:
    """Ask for a session over HTTP."""
    body = {"email": email, "password": password, **more}
    return await http.post("/v1/auth/login", json=body)


@cache
def _hash(password: str) -> str:
    return str(_HASHER.hash(password))
