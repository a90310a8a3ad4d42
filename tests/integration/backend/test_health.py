"""Whether the service lives and is ready."""

from tests.support.app import Api
from tests.support.people import new_user
from tests.support.uploading import uploaded


async def test_ready_when_every_part_answers(api: Api) -> None:
    answer = await api.client().get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    v = await uploaded(await new_user(api))
    assert v["state"] == "queued"
