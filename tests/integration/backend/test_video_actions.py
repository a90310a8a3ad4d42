"""What can be asked of a video: download, cancel, retry, jobs."""

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from sqlalchemy import func, update

from control import purges as control_purges
from core.errors import Failure
from core.model.failure_codes import FailureCode
from core.model.notes import DoneCode, WarningCode, as_json, note
from core.model.states import Stage
from core.model.tables import Purge, Video
from core.progress import Progress
from core.tasks import settle
from core.tasks.settle import Ending
from core.videos import purges
from tests.support.app import Api, StartApi
from tests.support.people import Person, new_user
from tests.support.problems import problem
from tests.support.uploading import BODY, begin, get, uploaded
from tests.support.work import claim_of, job_of, publish, task_of

FAILURE = Failure(FailureCode.CORRUPT_MEDIA, "The file is damaged.", retryable=False)


async def failed(api: Api, person: Person) -> str:
    video_id = str((await uploaded(person))["id"])
    claim = await claim_of(api.services.db, uuid.UUID(video_id))
    async with api.services.db.begin() as tx:
        await settle.fail(tx, claim, FAILURE, Ending(error="ffmpeg said no"))
    return video_id


async def ready(api: Api, person: Person, **more: Any) -> str:
    video_id = str((await uploaded(person, **more))["id"])
    await made(api, video_id)
    return video_id


async def made(api: Api, video_id: str, **facts: Any) -> None:
    held = api.services
    claim = await claim_of(held.db, uuid.UUID(video_id))
    await publish(held.db, held.storage, claim, "720p", **facts)


async def test_a_rendition_is_saved_under_a_readable_name(api: Api) -> None:
    person = await new_user(api)
    video_id = await ready(api, person, title='Größe: "船" / 1')
    answer = await person.http.get(f"/v1/videos/{video_id}/download/720p")
    assert answer.status_code == 307
    file = await get(answer.headers["location"])
    assert file.content == b"720p   "
    disposition = file.headers["content-disposition"]
    assert disposition.startswith("attachment;")
    readable = unquote(disposition.partition("filename*=UTF-8''")[2])
    assert readable == "Größe_ _船_ _ 1 720p.mp4"
    expires = parse_qs(urlsplit(answer.headers["location"]).query)["X-Amz-Expires"]
    assert int(expires[0]) <= 900


async def test_the_source_is_saved_under_its_own_name(api: Api) -> None:
    person = await new_user(api)
    video_id = (await uploaded(person, filename="船 1.mov"))["id"]
    answer = await person.http.get(f"/v1/videos/{video_id}/download/source")
    file = await get(answer.headers["location"])
    assert file.content == BODY
    assert unquote(file.headers["content-disposition"]).endswith("''船 1.mov")


async def test_a_page_may_ask_for_the_address_instead_of_a_redirect(api: Api) -> None:
    person = await new_user(api)
    path = f"/v1/videos/{await ready(api, person, title='A film')}/download/720p"
    answer = await person.http.get(path, params={"redirect": "false"})
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    file = await get(answer.json()["url"])
    assert file.content == b"720p   "
    assert file.headers["content-disposition"].startswith("attachment;")
    problem(await person.http.get(path, params={"redirect": "x"}), 422, "validation_failed")


@pytest.mark.parametrize("name", ["1080p", "Source", "%00", "..%2Fsource", "'"])
async def test_a_rendition_that_is_not_there_is_not_found(api: Api, name: str) -> None:
    person = await new_user(api)
    video_id = (await uploaded(person))["id"]
    answer = await person.http.get(f"/v1/videos/{video_id}/download/{name}")
    problem(answer, 404, "not_found")


async def test_a_source_that_has_not_arrived_is_not_found(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person)
    answer = await person.http.get(f"/v1/videos/{upload['video_id']}/download/source")
    problem(answer, 404, "not_found")


@pytest.mark.parametrize("running", [False, True])
async def test_work_is_cancelled_and_may_be_tried_again(api: Api, running: bool) -> None:
    person = await new_user(api)
    video_id = (await uploaded(person))["id"]
    db = api.services.db
    if running:
        await claim_of(db, uuid.UUID(video_id))
    path = f"/v1/videos/{video_id}"
    answer = await person.http.post(f"{path}/cancel")
    assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    assert (await job_of(db, uuid.UUID(video_id))).state == "cancelled"
    problem(await person.http.post(f"{path}/cancel"), 409, "invalid_state")
    again = await person.http.post(f"{path}/retry")
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    assert (await task_of(db, uuid.UUID(video_id))).state == "queued"
    problem(await person.http.post(f"{path}/retry"), 409, "invalid_state")


async def test_what_is_cancelled_stays_as_far_as_it_was_shown(api: Api) -> None:
    """Redis knows that sooner than Postgres: in the library, of the video and in its jobs."""
    person, held = await new_user(api), api.services
    video_id = uuid.UUID((await uploaded(person))["id"])
    claim = await claim_of(held.db, video_id)
    told = Progress(Stage.ENCODING, 60.0, 3.0)
    await held.board.tell(person.id, video_id, claim.job_id, claim.task_id, told)
    path = f"/v1/videos/{video_id}"
    await person.http.post(f"{path}/cancel")
    async with held.db.begin() as tx:  # a while ago
        ago = func.now() - timedelta(hours=1)
        await tx.execute(update(Video).where(Video.id == video_id).values(updated_at=ago))
    assert (await person.http.get(path)).json()["progress"] == 60.0
    for listed in ("/v1/videos", f"{path}/jobs"):
        [item] = (await person.http.get(listed)).json()["items"]
        assert (item["state"], item["progress"]) == ("cancelled", 60.0)


async def test_a_failed_video_says_why_and_may_be_tried_again(api: Api) -> None:
    person = await new_user(api)
    path = f"/v1/videos/{await failed(api, person)}"
    video = (await person.http.get(path)).json()
    assert video["state"] == "failed"
    assert video["failure"] == {
        "code": "corrupt_media", "message": "The file is damaged.", "retryable": False,
    }  # fmt: skip
    problem(await person.http.post(f"{path}/cancel"), 409, "invalid_state")
    again = (await person.http.post(f"{path}/retry")).json()
    assert (again["state"], again["failure"], again["progress"]) == ("queued", None, 0)
    assert again["version"] > video["version"]


async def test_an_address_is_good_to_its_end_although_the_video_is_made_anew(
    start_api: StartApi, clean: None
) -> None:
    longest = round(purges.LONGEST_URL.total_seconds())
    with pytest.raises(ValueError, match="media_url_ttl_s"):
        await start_api(media_url_ttl_s=longest + 1)
    api = await start_api(media_url_ttl_s=longest)
    person, held = await new_user(api), api.services
    path = f"/v1/videos/{await ready(api, person)}"
    video = (await person.http.get(path)).json()
    given = [video["renditions"][0]["url"], video["poster_url"]]
    await person.http.post(f"{path}/jobs", json={"operation": "transcode"})
    await publish(held.db, held.storage, await claim_of(held.db, uuid.UUID(video["id"])), "720p")
    assert (await person.http.get(path)).json()["poster_url"] not in given

    async def addresses_work_after(seconds: int) -> list[bool]:
        async with held.db.begin() as tx:
            passed = Purge.not_before - timedelta(seconds=seconds)
            await tx.execute(update(Purge).values(not_before=passed))
        await control_purges.purge(held.db, held.storage)
        return [(await get(url)).status_code == 200 for url in given]

    assert await addresses_work_after(longest - 60) == [True, True]
    assert await addresses_work_after(60) == [False, False]


async def test_a_ready_video_is_neither_cancelled_nor_retried(api: Api) -> None:
    person = await new_user(api)
    path = f"/v1/videos/{await ready(api, person)}"
    problem(await person.http.post(f"{path}/cancel"), 409, "invalid_state")
    problem(await person.http.post(f"{path}/retry"), 409, "invalid_state")


async def test_an_upload_under_way_has_no_work_to_speak_of(api: Api) -> None:
    person = await new_user(api)
    path = f"/v1/videos/{(await begin(person))['video_id']}"
    for action, body in (("cancel", None), ("retry", None), ("jobs", {"operation": "transcode"})):
        answer = await person.http.post(f"{path}/{action}", json=body)
        refused = problem(answer, 409, "invalid_state")
    assert refused["detail"].startswith("This video is still being uploaded.")
    assert (await person.http.get(f"{path}/jobs")).json() == {"items": [], "next_cursor": None}


async def test_a_job_tells_what_was_done(api: Api) -> None:
    person = await new_user(api)
    video_id = await ready(api, person)
    [job] = (await person.http.get(f"/v1/videos/{video_id}/jobs")).json()["items"]
    assert job["video_id"] == video_id
    assert (job["operation"], job["state"], job["attempts"]) == ("transcode", "succeeded", 1)
    assert (job["progress"], job["failure"], job["params"]) == (100, None, {})
    assert job["created_at"] <= job["started_at"] <= job["finished_at"]
    assert (await get(job["log_url"])).text == "log"
    assert (await person.http.get(f"/v1/jobs/{job['id']}")).json() == job


async def test_what_is_told_of_a_video_is_that_of_the_renditions_that_it_shows(api: Api) -> None:
    person = await new_user(api)
    video_id = str((await uploaded(person))["id"])
    path, nothing = f"/v1/videos/{video_id}", as_json()

    async def told() -> list[dict[str, Any]]:
        answers = [
            (await person.http.get(path)).json(),
            (await person.http.get("/v1/videos")).json()["items"][0],
            (await person.http.get(f"{path}/jobs")).json()["items"][0],
        ]
        return [{name: answer[name] for name in nothing} for answer in answers]

    assert await told() == [nothing] * 3
    first = as_json([note(DoneCode.ROTATED, degrees=90)], [note(WarningCode.SUBTITLES_DROPPED,
                    tracks="1 subtitle track was")])  # fmt: skip
    await made(api, video_id, notes=first)
    assert await told() == [first] * 3
    await person.http.post(f"{path}/jobs", json={"operation": "transcode"})
    assert await told() == [first, first, nothing]
    await person.http.post(f"{path}/cancel")
    assert await told() == [first, first, nothing]
    await person.http.post(f"{path}/jobs", json={"operation": "transcode"})
    await made(api, video_id)  # by a worker of the release before
    assert await told() == [nothing] * 3


async def test_a_failed_job_says_why(api: Api) -> None:
    person = await new_user(api)
    video_id = await failed(api, person)
    [job] = (await person.http.get(f"/v1/videos/{video_id}/jobs")).json()["items"]
    assert (job["state"], job["failure"]["code"]) == ("failed", "corrupt_media")


async def test_a_ready_video_is_transcoded_anew(api: Api) -> None:
    person = await new_user(api)
    video_id = await ready(api, person)
    answer = await person.http.post(f"/v1/videos/{video_id}/jobs", json={"operation": "transcode"})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    video = (await person.http.get(f"/v1/videos/{video_id}")).json()
    # What was published stays until there is something to put in its place.
    assert (video["state"], [item["name"] for item in video["renditions"]]) == ("queued", ["720p"])
    refused = await person.http.post(f"/v1/videos/{video_id}/jobs", json={"operation": "transcode"})
    problem(refused, 409, "invalid_state")


async def test_only_known_operations_are_asked_for(api: Api) -> None:
    person = await new_user(api)
    video_id = await ready(api, person)
    answer = await person.http.post(f"/v1/videos/{video_id}/jobs", json={"operation": "explode"})
    body = problem(answer, 422, "validation_failed")
    assert [item["pointer"] for item in body["errors"]] == ["/operation"]


async def test_jobs_are_listed_newest_first_page_by_page(api: Api) -> None:
    person = await new_user(api)
    video_id = await failed(api, person)
    await person.http.post(f"/v1/videos/{video_id}/retry")
    other = (await uploaded(person))["id"]
    first = (await person.http.get("/v1/jobs", params={"limit": 2})).json()
    assert [item["video_id"] for item in first["items"]] == [other, video_id]
    rest = await person.http.get("/v1/jobs", params={"cursor": first["next_cursor"]})
    assert [item["state"] for item in rest.json()["items"]] == ["failed"]
    assert rest.json()["next_cursor"] is None
    of_one = await person.http.get(f"/v1/videos/{video_id}/jobs", params={"limit": 1})
    assert [item["state"] for item in of_one.json()["items"]] == ["queued"]
    cursor = of_one.json()["next_cursor"]
    rest = await person.http.get(f"/v1/videos/{video_id}/jobs", params={"cursor": cursor})
    assert [item["state"] for item in rest.json()["items"]] == ["failed"]


async def test_a_rendition_of_another_name_is_not_found(api: Api) -> None:
    person = await new_user(api)
    video_id = uuid.UUID((await uploaded(person))["id"])
    held = api.services
    await publish(held.db, held.storage, await claim_of(held.db, video_id), "720p")
    path = f"/v1/videos/{video_id}/download"
    assert (await person.http.get(f"{path}/720p")).status_code == 307
    for name in ("720p%00", "%00720p", "72%000p", "x" * 5000):
        problem(await person.http.get(f"{path}/{name}"), 404, "not_found")
