"""HEAD is answered wherever GET is, and OPTIONS and 405 say what an address knows."""

import httpx
import pytest

from tests.support.app import Api, bearer, served
from tests.support.growing import grow
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.uploading import uploaded


async def test_head_is_answered_like_get_without_a_body(api: Api) -> None:
    person = await new_user(api)
    video = await uploaded(person)
    found = {"video_id": video["id"], "name": "source"}
    found["job_id"] = (await person.http.get("/v1/jobs")).json()["items"][0]["id"]
    place = await (await grow(api, person)).place()
    found |= {"token": place.rpartition("/")[2], "track": "720p", "first": "0", "number": "0"}
    found |= {"text": "chapters", "share_token": "none"}
    found["upload_id"] = "00000000-0000-0000-0000-000000000000"
    paths = [path for path, known in api.app.openapi()["paths"].items() if "get" in known]
    assert len(paths) > 10
    async with (
        served(api) as address,
        httpx.AsyncClient(
            base_url=address, headers=bearer(person.token), trust_env=False, timeout=30
        ) as http,
    ):
        for path in paths:
            if path.endswith("/events"):
                continue
            url = path.format_map(found)
            got, head = await http.get(url), await http.head(url)
            assert (head.status_code, head.content) == (got.status_code, b""), url
            for name in ("content-type", "allow"):
                assert head.headers.get(name) == got.headers.get(name)
        got = await http.get(f"/v1/videos/{video['id']}/download/source")
        head = await http.head(f"/v1/videos/{video['id']}/download/source")
        assert head.status_code == 307
        assert head.headers["location"].split("?")[0] == got.headers["location"].split("?")[0]
        assert (await http.get("/healthz")).json() == {"status": "ok"}  # the connection is whole


@pytest.mark.parametrize("path", ["/v1/events", "/v1/videos/{}/events"])
async def test_head_of_a_stream_ends(api: Api, path: str) -> None:
    person = await new_user(api)
    video = await uploaded(person)
    async with (
        served(api) as address,
        httpx.AsyncClient(
            base_url=address, headers=bearer(person.token), trust_env=False, timeout=30
        ) as http,
    ):
        head = await http.head(path.format(video["id"]))
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"].startswith("text/event-stream")
        assert (await http.get("/v1/me")).status_code == 200
        assert api.services.streams.under_way[person.id] == 0


async def test_an_address_tells_all_its_methods(api: Api) -> None:
    person = await new_user(api)
    video = await uploaded(person)
    path = f"/v1/videos/{video['id']}"
    answer = await person.http.put(path, json={})
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"
    answer = await person.http.options(path)
    assert (answer.status_code, answer.headers["allow"]) == (
        204,
        "DELETE, GET, HEAD, OPTIONS, PATCH",
    )
    answer = await person.http.head("/v1/auth/login")
    assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS, POST")
