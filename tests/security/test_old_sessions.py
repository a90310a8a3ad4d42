"""A Redis that is lost, or comes back with old contents, revives nothing that has ended."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import redis.asyncio as redis
from sqlalchemy import func, update

from core.model.tables import Session
from tests.support.app import Api, StartApi
from tests.support.people import Person, login, new_user
from tests.support.problems import problem
from tests.support.settings import Settings

Pair = dict[str, Any]


async def begin(api: Api, person: Person) -> Pair:
    found: Pair = (await login(api.client(), person.email, client="native")).json()
    return found


async def refresh(api: Api, pair: Pair) -> httpx.Response:
    body = {"refresh_token": pair["refresh_token"]}
    return await api.client().post("/v1/auth/refresh", json=body)


def _text(item: bytes | str) -> str:
    return item.decode() if isinstance(item, bytes) else item


@dataclass
class Valkey:
    """The session store, and a copy of what is in it of one user, as in a file of old."""

    url: str

    async def copied(self, person: Person) -> dict[str, bytes]:
        async with redis.Redis.from_url(self.url) as raw:
            ids = await raw.smembers(f"sessions:{person.id}")
            names = [f"sessions:{person.id}", *(f"session:{_text(item)}" for item in ids)]
            return {name: bytes(await raw.dump(name) or b"") for name in names}

    async def set_back(self, copy: dict[str, bytes]) -> None:
        async with redis.Redis.from_url(self.url) as raw:
            for name, value in copy.items():
                await raw.restore(name, 600_000, value, replace=True)

    async def lose(self, copy: dict[str, bytes]) -> None:
        async with redis.Redis.from_url(self.url) as raw:
            await raw.delete(*copy)


@pytest.fixture
def valkey(settings: Settings) -> Valkey:
    return Valkey(settings.redis_url.get_secret_value())


async def _end_one(api: Api, person: Person, pair: Pair) -> None:
    http = api.client(pair["access_token"])
    items = (await http.get("/v1/auth/sessions")).json()["items"]
    [own] = [item["id"] for item in items if item["current"]]
    assert (await person.http.delete(f"/v1/auth/sessions/{own}")).status_code == 204


async def _log_out(api: Api, person: Person, pair: Pair) -> None:
    body = {"refresh_token": pair["refresh_token"]}
    assert (await api.client().post("/v1/auth/logout", json=body)).status_code == 204


async def _end_all(api: Api, person: Person, pair: Pair) -> None:
    assert (await person.http.delete("/v1/auth/sessions")).status_code == 204


async def _replay(api: Api, person: Person, pair: Pair) -> None:
    assert (await refresh(api, pair)).status_code == 200
    problem(await refresh(api, pair), 401, "session_revoked")


ENDS: dict[str, Callable[..., Any]] = {
    "one": _end_one, "logout": _log_out, "all": _end_all, "replay": _replay,
}  # fmt: skip


@pytest.mark.parametrize("way", ENDS)
async def test_what_has_ended_stays_so(start_api: StartApi, valkey: Valkey, way: str) -> None:
    api = await start_api(refresh_grace_s=0)
    person = await new_user(api)
    pair = await begin(api, person)
    copy = await valkey.copied(person)
    await ENDS[way](api, person, pair)
    await valkey.set_back(copy)
    problem(await refresh(api, pair), 401, "session_revoked")
    # And the attempt has made Redis agree, for access tokens too.
    problem(await api.client(pair["access_token"]).get("/v1/me"), 401, "session_revoked")


async def test_a_token_that_was_used_since_the_copy_is_good_for_nothing(
    start_api: StartApi, valkey: Valkey
) -> None:
    api = await start_api(refresh_grace_s=60)  # the copy is from before that began
    person = await new_user(api)
    stolen = await begin(api, person)
    copy = await valkey.copied(person)
    own = (await refresh(api, stolen)).json()
    await valkey.set_back(copy)
    problem(await refresh(api, stolen), 401, "session_revoked")
    problem(await refresh(api, own), 401, "session_revoked")


async def test_a_session_that_nothing_happened_to_goes_on(api: Api, valkey: Valkey) -> None:
    person = await new_user(api)
    pair = await begin(api, person)
    copy = await valkey.copied(person)
    await valkey.lose(copy)
    problem(await api.client(pair["access_token"]).get("/v1/me"), 401, "session_revoked")
    await valkey.set_back(copy)
    answer = await refresh(api, pair)
    assert answer.status_code == 200
    assert (await refresh(api, answer.json())).status_code == 200


async def test_a_database_that_is_away_costs_no_session(start_api: StartApi, nowhere: int) -> None:
    api = await start_api(refresh_grace_s=0)
    cut = await start_api(database_url=f"postgresql://nobody:x@127.0.0.1:{nowhere}/x")
    pair = await begin(api, await new_user(api))
    problem(await refresh(cut, pair), 503, "dependency_unavailable")
    assert (await refresh(api, pair)).status_code == 200


async def test_a_session_ends_in_time(start_api: StartApi, api: Api) -> None:
    short = await start_api(refresh_token_s=60)
    person = await new_user(short)
    pair = await begin(short, person)
    async with api.services.db.begin() as tx:
        await tx.execute(
            update(Session).where(Session.user_id == person.id).values(expires_at=func.now())
        )
    problem(await refresh(short, pair), 401, "session_revoked")
