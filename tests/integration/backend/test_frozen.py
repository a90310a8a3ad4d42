"""One frozen connection to a part stalls those on it only, and one deadline ends every request."""

import asyncio
import os
import signal
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
from sqlalchemy import select

from backend.uploads import routes as upload_routes
from backend.videos import routes as video_routes
from core.model.tables import Video
from embedded.stack import Stack
from tests.faults.processes import children
from tests.support.app import Api, StartApi, bearer, served
from tests.support.components import send_signal
from tests.support.freezing import Way, way_to
from tests.support.people import PASSWORD, Person, new_user
from tests.support.problems import problem
from tests.support.settings import Settings
from tests.support.uploading import begin, send, uploaded
from tests.support.waiting import wait_until

_FILM = {"filename": "film.mp4", "size": 4096}


@asynccontextmanager
async def on_the_way(url: str) -> AsyncIterator[tuple[Way, str]]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    async with way_to(parts.hostname, parts.port) as (way, port):
        login = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
        yield way, urlunsplit(parts._replace(netloc=f"{login}127.0.0.1:{port}"))


@pytest.mark.parametrize("part", ["redis", "database"])
async def test_a_frozen_connection_stalls_only_those_on_it(
    start_api: StartApi, settings: Settings, part: str
) -> None:
    url = getattr(settings, f"{part}_url").get_secret_value()
    async with on_the_way(url) as (way, through):
        api = await start_api(**{f"{part}_url": through})
        person = await new_user(api)
        upload = await begin(person)
        path = f"/v1/videos/{upload['video_id']}"

        async def ask() -> None:
            assert (await person.http.get(path)).status_code == 200
            signed = await person.http.post(
                f"/v1/uploads/{upload['id']}/parts", json={"part_numbers": [1]}
            )
            assert signed.status_code == 200

        await ask()
        assert way.latest is not None
        frozen = way.latest
        frozen.freeze()
        for _ in range(5):
            await asyncio.gather(*(ask() for _ in range(4)))
        # Nobody needed it to be given up first.
        assert frozen.is_open


@asynccontextmanager
async def stopped(stack: Stack, part: str) -> AsyncIterator[None]:
    # Postgres puts each of its processes into a group of its own.
    others = children(stack.supervisor.pids[part]) if part == "postgres" else []
    send_signal(stack.supervisor, part, signal.SIGSTOP)
    for pid in others:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in others:
            os.kill(pid, signal.SIGCONT)
        send_signal(stack.supervisor, part, signal.SIGCONT)


def _requests(person: Person, upload: dict[str, Any], video: dict[str, Any]) -> list[Any]:
    of_video, of_upload = f"/v1/videos/{video['id']}", f"/v1/uploads/{upload['id']}"
    login = {"email": person.email, "password": PASSWORD}
    return [
        ("GET", "/v1/me", None), ("GET", "/v1/videos", None), ("GET", "/v1/jobs", None),
        ("GET", "/v1/limits", None), ("GET", "/v1/auth/sessions", None), ("GET", of_video, None),
        ("GET", f"{of_video}/download/source", None), ("HEAD", f"{of_video}/events", None),
        ("GET", of_upload, None), ("POST", f"{of_upload}/parts", {"part_numbers": [1]}),
        ("POST", "/v1/uploads", _FILM), ("POST", f"{of_upload}/complete", None),
        ("PATCH", of_video, {"title": "late"}), ("POST", f"{of_video}/cancel", None),
        ("POST", "/v1/auth/login", login),
    ]  # fmt: skip


@pytest.mark.parametrize(("part", "expected"), [("valkey", 15), ("postgres", 14), ("emulator", 3)])
async def test_every_request_ends_while_a_part_stands_still(
    stack: Stack,
    api: Api,
    start_api: StartApi,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
    expected: int,
) -> None:
    person = await new_user(api)  # an API with patience prepares what a hurried one is asked for
    upload, video = await begin(person), await uploaded(person)
    await send(person, upload, bytes(upload["size"]))
    monkeypatch.setattr(upload_routes, "_COMPLETE_S", 1.0)
    api = await start_api(answer_s=1.0, database_pool_size=20)
    asked = _requests(person, upload, video)
    async with (
        served(api) as address,
        httpx.AsyncClient(
            base_url=address, headers=bearer(person.token), trust_env=False, timeout=60
        ) as http,
    ):
        async with stopped(stack, part):
            answers = await asyncio.gather(
                *(http.request(method, path, json=body) for method, path, body in asked)
            )
        late = [answer for answer in answers if answer.status_code == 503]
        assert len(late) >= expected, [answer.status_code for answer in answers]
        for answer in late:
            if answer.request.method != "HEAD":
                assert "in time" in problem(answer, 503, "dependency_unavailable")["detail"]

        async def works() -> bool:
            tried = [
                (await http.get("/v1/me")).status_code,
                (await http.get("/v1/videos")).status_code,
                (await http.post("/v1/uploads", json=_FILM)).status_code,
            ]
            return tried == [200, 200, 201]

        await wait_until(works, 60)
    await _pool_is_whole(api)


async def _pool_is_whole(api: Api) -> None:
    db, size = api.services.db, api.settings.database_pool_size
    pool: Any = db._engine.pool
    await wait_until(lambda: db._free._value == size and pool.checkedout() == 0, 60)


async def test_a_change_that_is_cut_off_is_rolled_back(api: Api, start_api: StartApi) -> None:
    person = await new_user(api)
    video = await uploaded(person)
    video_id = uuid.UUID(video["id"])
    hurried = await start_api(answer_s=0.5)
    async with api.services.db.begin() as tx:
        await tx.execute(select(Video.id).where(Video.id == video_id).with_for_update())
        answer = await hurried.client(person.token).patch(
            f"/v1/videos/{video_id}", json={"title": "late"}
        )
        problem(answer, 503, "dependency_unavailable")
    await _pool_is_whole(hurried)
    assert (await person.http.get(f"/v1/videos/{video_id}")).json() == video


async def test_a_request_that_is_cut_off_gives_its_key_back(
    stack: Stack, api: Api, start_api: StartApi
) -> None:
    person = await new_user(api)
    hurried = (await start_api(answer_s=0.5)).client(person.token)
    key = {"Idempotency-Key": "k"}
    async with stopped(stack, "emulator"):
        answer = await hurried.post("/v1/uploads", json=_FILM, headers=key)
        problem(answer, 503, "dependency_unavailable")

    async def begins() -> bool:
        again = await person.http.post("/v1/uploads", json=_FILM, headers=key)
        return again.status_code == 201

    await wait_until(begins, 30)


async def test_a_deletion_does_not_wait_for_the_store(
    stack: Stack, start_api: StartApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video_routes, "_REMOVAL_S", 0.1)
    api = await start_api()
    person = await new_user(api)
    video = await uploaded(person)
    async with stopped(stack, "emulator"):
        answer = await person.http.delete(f"/v1/videos/{video['id']}")
        assert answer.status_code == 204


async def test_a_client_may_take_longer_to_send_its_request(start_api: StartApi) -> None:
    api = await start_api(answer_s=0.2)
    person = await new_user(api)

    async def slowly() -> AsyncIterator[bytes]:
        for piece in (b'{"filename": "film.mp4", ', b'"size": ', b"7}"):
            await asyncio.sleep(0.15)
            yield piece

    async with served(api) as address, httpx.AsyncClient(trust_env=False, timeout=30) as http:
        headers = {**bearer(person.token), "Content-Type": "application/json"}
        answer = await http.post(f"{address}/v1/auth/login", content=slowly(), headers=headers)
        assert answer.status_code == 422  # it was read to its end
