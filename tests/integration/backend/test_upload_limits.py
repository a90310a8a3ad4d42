"""What may be uploaded here is told before anything is sent."""

from tests.support.app import Api, StartApi
from tests.support.people import new_user
from tests.support.problems import problem


async def test_the_limits_are_those_that_uploads_are_held_to(start_api: StartApi) -> None:
    api = await start_api(upload_max_bytes="1KiB", upload_extensions="MP4,.mov")
    http = (await new_user(api)).http
    limits = (await http.get("/v1/limits")).json()
    assert limits["max_bytes"] == 1024
    assert limits["extensions"] == [".mp4", ".mov"]
    for filename, size, status in (("a.MOV", 1024, 201), ("a.mov", 1025, 413), ("a.mkv", 1, 422)):
        answer = await http.post("/v1/uploads", json={"filename": filename, "size": size})
        assert answer.status_code == status


async def test_only_who_is_known_is_told(api: Api) -> None:
    problem(await api.client().get("/v1/limits"), 401, "token_missing")
