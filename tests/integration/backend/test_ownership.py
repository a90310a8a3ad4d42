"""What is somebody else's cannot be told from what is not there.

Who is answered what at all, and by which route: tests/security/test_matrix.py.
"""

import uuid
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio

from tests.support import captions
from tests.support.app import Api
from tests.support.people import Person, new_user
from tests.support.problems import problem
from tests.support.uploading import begin, uploaded
from tests.support.work import job_of

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
    ("GET", "/v1/videos/{video_id}/tracks"): None,
    ("POST", "/v1/videos/{video_id}/tracks"): {
        "kind": "text",
        "language": "de",
        "text": "WEBVTT\n\n00:01.000 --> 00:02.000\nJa.\n",
    },
    ("PATCH", "/v1/videos/{video_id}/tracks/{track_id}"): {"language": "en"},
    ("DELETE", "/v1/videos/{video_id}/tracks/{track_id}"): None,
    ("GET", "/v1/videos/{video_id}/events"): None,
    ("GET", "/v1/jobs/{job_id}"): None,
}
Route = tuple[str, str]


@dataclass(frozen=True)
class Owned:
    """What belongs to somebody, by the names of path parameters."""

    owner: Person
    names: dict[str, str]

    async def ask(self, http: httpx.AsyncClient, route: Route) -> httpx.Response:
        method, path = route
        return await http.request(method, path.format(**self.names), json=OF_SOMEBODY[route])


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
            "track_id": (await captions.add(owner, video["id"]))["id"],
            "job_id": str(job.id),
            "name": "source",
        },
    )


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
