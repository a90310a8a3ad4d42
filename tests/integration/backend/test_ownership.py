"""Every route of the API, asked by nobody, by somebody else, and with a token that ended."""

import time
import uuid
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio

from tests.support.app import Api
from tests.support.people import Person, new_user
from tests.support.problems import problem
from tests.support.uploading import begin, uploaded
from tests.support.work import job_of

OPEN = {  # what those without a session use; tested for itself
    ("POST", "/v1/auth/register"),
    ("POST", "/v1/auth/login"),
    ("POST", "/v1/auth/refresh"),
    ("POST", "/v1/auth/logout"),
}
OF_ONESELF = {  # names nothing of anybody's; what it lists is looked at below
    ("GET", "/v1/me"): None,
    ("GET", "/v1/auth/sessions"): None,
    ("DELETE", "/v1/auth/sessions"): None,
    ("GET", "/v1/limits"): None,
    ("GET", "/v1/videos"): None,
    ("GET", "/v1/jobs"): None,
    ("GET", "/v1/events"): None,
    ("POST", "/v1/uploads"): {"filename": "film.mp4", "size": 1},
}
OF_SOMEBODY = {
    ("DELETE", "/v1/auth/sessions/{session_id}"): None,
    ("GET", "/v1/uploads/{upload_id}"): None,
    ("DELETE", "/v1/uploads/{upload_id}"): None,
    ("POST", "/v1/uploads/{upload_id}/parts"): {"part_numbers": [1]},
    ("POST", "/v1/uploads/{upload_id}/complete"): {},
    ("GET", "/v1/videos/{video_id}"): None,
    ("PATCH", "/v1/videos/{video_id}"): {"title": "mine now"},
    ("DELETE", "/v1/videos/{video_id}"): None,
    ("GET", "/v1/videos/{video_id}/download/{name}"): None,
    ("POST", "/v1/videos/{video_id}/cancel"): None,
    ("POST", "/v1/videos/{video_id}/retry"): None,
    ("GET", "/v1/videos/{video_id}/jobs"): None,
    ("POST", "/v1/videos/{video_id}/jobs"): {"operation": "transcode"},
    ("GET", "/v1/videos/{video_id}/events"): None,
    ("GET", "/v1/jobs/{job_id}"): None,
}
EVERY = {**OF_ONESELF, **OF_SOMEBODY}
Route = tuple[str, str]


@dataclass(frozen=True)
class Owned:
    """What belongs to somebody, by the names of path parameters."""

    owner: Person
    names: dict[str, str]

    async def ask(self, http: httpx.AsyncClient, route: Route) -> httpx.Response:
        method, path = route
        return await http.request(method, path.format(**self.names), json=EVERY[route])


@pytest.fixture(scope="module")
def _made() -> list[Owned]:
    return []


@pytest_asyncio.fixture(loop_scope="session")
async def owned(api: Api, _made: list[Owned]) -> Owned:
    """The same for all tests here, as long as nobody empties the tables in between."""
    if not _made or (await _made[0].owner.http.get("/v1/me")).status_code != 200:
        _made[:] = [await make(api)]
    return _made[0]


async def make(api: Api) -> Owned:
    owner = await new_user(api)
    video = await uploaded(owner)
    upload = await begin(owner)
    job = await job_of(api.services.db, uuid.UUID(video["id"]))
    [session] = (await owner.http.get("/v1/auth/sessions")).json()["items"]
    return Owned(
        owner,
        {
            "session_id": session["id"],
            "upload_id": upload["id"],
            "video_id": video["id"],
            "job_id": str(job.id),
            "name": "source",
        },
    )


def test_every_route_has_a_row_here(api: Api) -> None:
    found = {
        (method.upper(), path)
        for path, methods in api.app.openapi()["paths"].items()
        for method in methods
        if path.startswith("/v1")
    }
    assert found == OPEN | set(EVERY)


@pytest.mark.parametrize("route", EVERY, ids=" ".join)
async def test_nobody_is_turned_away(api: Api, owned: Owned, route: Route) -> None:
    problem(await owned.ask(api.client(), route), 401, "token_missing")
    problem(await owned.ask(api.client("forged.token.here"), route), 401, "token_invalid")


@pytest.mark.parametrize("route", OF_SOMEBODY, ids=" ".join)
async def test_what_is_somebody_elses_is_not_found(api: Api, owned: Owned, route: Route) -> None:
    other = await new_user(api)
    answer = await owned.ask(other.http, route)
    body = problem(answer, 404, "not_found")
    # Nor can it be told from what does not exist.
    nothing = {name: str(uuid.uuid4()) for name in owned.names} | {"name": "source"}
    unknown = await Owned(owned.owner, nothing).ask(other.http, route)
    assert problem(unknown, 404, "not_found")["detail"] == body["detail"]


async def test_nothing_of_it_has_happened(api: Api, owned: Owned) -> None:
    other = await new_user(api)
    for route in OF_SOMEBODY:
        await owned.ask(other.http, route)
    video = await owned.owner.http.get(f"/v1/videos/{owned.names['video_id']}")
    assert (video.json()["state"], video.json()["title"]) == ("queued", "film")
    upload = await owned.owner.http.get(f"/v1/uploads/{owned.names['upload_id']}")
    assert upload.json()["state"] == "open"


async def test_lists_show_nothing_of_others(api: Api, owned: Owned) -> None:
    other = await new_user(api)
    for path in ("/v1/videos", "/v1/jobs"):
        assert (await other.http.get(path)).json()["items"] == []
    [session] = (await other.http.get("/v1/auth/sessions")).json()["items"]
    assert session["id"] != owned.names["session_id"]


@pytest.mark.parametrize("route", EVERY, ids=" ".join)
async def test_an_ended_session_opens_nothing(api: Api, owned: Owned, route: Route) -> None:
    ended = await new_user(api)
    await ended.http.delete("/v1/auth/sessions")
    problem(await owned.ask(ended.http, route), 401, "session_revoked")


@pytest.mark.parametrize("route", EVERY, ids=" ".join)
async def test_an_expired_token_opens_nothing(api: Api, owned: Owned, route: Route) -> None:
    long_ago = int(time.time()) - 2 * api.settings.access_token_s
    session_id = owned.names["session_id"]
    token = api.services.tokens._make("access", owned.owner.id, session_id, "x", long_ago)
    problem(await owned.ask(api.client(token), route), 401, "token_expired")
