"""How an upload is completed, and what is refused."""

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from control import purges, uploads
from core.model.tables import Job, Outbox, Upload
from tests.support.app import Api
from tests.support.control import at_work
from tests.support.people import Person, new_user
from tests.support.problems import problem
from tests.support.uploading import BODY, begin, complete, put, send, sign
from tests.support.waiting import wait_until
from tests.support.work import task_of

TWO_PARTS = BODY * 2048 + b"the rest"  # 8 MiB and 8 bytes


async def named(person: Person, upload: dict[str, Any], parts: list[tuple[int, str]]) -> Any:
    listed = [{"part_number": number, "etag": etag} for number, etag in parts]
    return await person.http.post(f"/v1/uploads/{upload['id']}/complete", json={"parts": listed})


async def jobs_of(api: Api, video_id: str) -> int:
    async with api.services.db.autocommit() as connection:
        found = await connection.scalar(
            select(func.count()).where(Job.video_id == uuid.UUID(video_id))
        )
    return int(found or 0)


async def test_repeating_it_gives_the_same_answer(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person)
    etags = await send(person, upload, BODY)
    first = await complete(person, upload, etags)
    again = await complete(person, upload)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert await jobs_of(api, upload["video_id"]) == 1


async def test_ten_at_once_queue_one_job(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person)
    await send(person, upload, BODY)
    answers = await asyncio.gather(*(complete(person, upload) for _ in range(10)))
    assert [answer.status_code for answer in answers] == [202] * 10
    assert await jobs_of(api, upload["video_id"]) == 1


async def test_the_worker_is_sent_a_message(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person)
    await send(person, upload, BODY)

    async def sent() -> bool:
        task = await task_of(api.services.db, video_id)
        statement = select(Outbox.sent_at).where(Outbox.key == task.id)
        async with api.services.db.autocommit() as connection:
            return await connection.scalar(statement) is not None

    async with at_work(api.settings):
        video_id = uuid.UUID((await complete(person, upload)).json()["id"])
        await wait_until(sent)


async def test_a_missing_part_is_named(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person, len(TWO_PARTS))
    await send(person, upload, TWO_PARTS, only=[1])
    body = problem(await complete(person, upload), 422, "part_mismatch")
    assert body["detail"].startswith("Parts 2 ")
    # Nothing is lost by it: the part is sent, and all is well.
    await send(person, upload, TWO_PARTS, only=[2])
    assert (await complete(person, upload)).status_code == 202


async def test_an_upload_without_any_part_is_not_complete(api: Api) -> None:
    person = await new_user(api)
    problem(await complete(person, await begin(person)), 422, "part_mismatch")


@pytest.mark.parametrize("wrong", ["etag", "order", "twice", "left out", "unknown"])
async def test_parts_that_differ_from_what_was_sent_are_refused(api: Api, wrong: str) -> None:
    person = await new_user(api)
    upload = await begin(person, len(TWO_PARTS))
    etags = await send(person, upload, TWO_PARTS)
    one, two = (1, etags[1]), (2, etags[2])
    parts = {
        "etag": [one, (2, '"' + "0" * 32 + '"')],
        "order": [two, one],
        "twice": [one, one, two],
        "left out": [one],
        "unknown": [one, two, (3, etags[1])],
    }[wrong]
    problem(await named(person, upload, parts), 422, "part_mismatch")
    assert (await named(person, upload, [one, two])).status_code == 202


async def test_etags_are_taken_with_or_without_quotes(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person)
    etags = await send(person, upload, BODY)
    assert (await named(person, upload, [(1, etags[1].strip('"'))])).status_code == 202


async def test_a_part_of_another_size_is_refused(api: Api, s3: Any) -> None:
    person = await new_user(api)
    upload = await begin(person, 8)
    key, s3_id = await where(api, upload)
    await s3.upload_part(
        Bucket=api.settings.s3_bucket, Key=key, UploadId=s3_id, PartNumber=1, Body=b"nine byte"
    )
    problem(await complete(person, upload), 422, "part_mismatch")


async def where(api: Api, upload: dict[str, Any]) -> tuple[str, str]:
    async with api.services.db.autocommit() as connection:
        found = await connection.execute(
            select(Upload.s3_key, Upload.s3_upload_id).where(Upload.id == uuid.UUID(upload["id"]))
        )
    key, s3_id = found.one()
    return key, s3_id


async def finish_directly(api: Api, s3: Any, upload: dict[str, Any], body: bytes) -> None:
    """Upload and complete past the API, as a page with the SDK could."""
    key, s3_id = await where(api, upload)
    place = {"Bucket": api.settings.s3_bucket, "Key": key, "UploadId": s3_id}
    sent = await s3.upload_part(**place, PartNumber=1, Body=body)
    parts = [{"PartNumber": 1, "ETag": sent["ETag"]}]
    await s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})


async def test_what_the_store_has_completed_already_is_taken(api: Api, s3: Any) -> None:
    person = await new_user(api)
    upload = await begin(person, 8)
    await finish_directly(api, s3, upload, b"8 bytes.")
    answer = await complete(person, upload)
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")


async def test_an_object_of_another_size_is_refused_and_removed(api: Api, s3: Any) -> None:
    person = await new_user(api)
    upload = await begin(person, 8)
    await finish_directly(api, s3, upload, b"many more than 8 bytes")
    problem(await complete(person, upload), 422, "size_mismatch")
    problem(await complete(person, upload), 409, "invalid_state")
    held = api.services
    key, _ = await where(api, upload)

    async def swept() -> bool:
        # A batch at a time, and other tests leave things too.
        await purges.purge(held.db, held.storage)
        return await held.storage.head(key) is None

    await wait_until(swept)
    problem(await person.http.get(f"/v1/videos/{upload['video_id']}"), 404, "not_found")


async def test_an_upload_that_the_store_has_forgotten_is_over(api: Api, s3: Any) -> None:
    person = await new_user(api)
    upload = await begin(person)
    key, s3_id = await where(api, upload)
    await s3.abort_multipart_upload(Bucket=api.settings.s3_bucket, Key=key, UploadId=s3_id)
    problem(await complete(person, upload), 409, "invalid_state")
    shown = await person.http.get(f"/v1/uploads/{upload['id']}")
    # It is proved, so it is said, and counts as an upload under way no more.
    assert (shown.json()["state"], shown.json()["parts"]) == ("aborted", [])
    limits = (await person.http.get("/v1/limits")).json()
    assert json.dumps(limits).count('"active": 0') == 1, limits


async def test_who_looks_at_a_lost_upload_is_told_at_once(api: Api, s3: Any) -> None:
    person = await new_user(api)
    upload = await begin(person)
    key, s3_id = await where(api, upload)
    await s3.abort_multipart_upload(Bucket=api.settings.s3_bucket, Key=key, UploadId=s3_id)
    shown = await person.http.get(f"/v1/uploads/{upload['id']}")
    assert shown.json()["state"] == "aborted"
    problem(await person.http.get(f"/v1/videos/{upload['video_id']}"), 404, "not_found")


async def test_the_sweep_ends_what_the_store_has_lost(api: Api, s3: Any) -> None:
    person = await new_user(api)
    lost, kept = await begin(person), await begin(person)
    key, s3_id = await where(api, lost)
    await s3.abort_multipart_upload(Bucket=api.settings.s3_bucket, Key=key, UploadId=s3_id)
    held = api.services
    async with held.db.begin() as tx:
        ids = [uuid.UUID(each["id"]) for each in (lost, kept)]
        await tx.execute(update(Upload).where(Upload.id.in_(ids)).values(check_at=func.now()))
    await uploads.check(held.db, held.storage, held.settings.upload_check_s)
    states = [
        (await person.http.get(f"/v1/uploads/{each['id']}")).json()["state"]
        for each in (lost, kept)
    ]
    assert states == ["aborted", "open"]


async def test_an_upload_that_is_being_put_together_is_not_lost(api: Api, s3: Any) -> None:
    """Between the parts and the object the store has neither, for who completes it again."""
    person = await new_user(api)
    upload = await begin(person)
    key, s3_id = await where(api, upload)
    await s3.abort_multipart_upload(Bucket=api.settings.s3_bucket, Key=key, UploadId=s3_id)
    soon = datetime.now(UTC) + timedelta(minutes=1)
    async with api.services.db.begin() as tx:
        found = Upload.id == uuid.UUID(upload["id"])
        await tx.execute(update(Upload).where(found).values(completing_until=soon))
    again = await complete(person, upload)
    problem(again, 503, "dependency_unavailable")
    assert int(again.headers["retry-after"]) <= 5
    shown = await person.http.get(f"/v1/uploads/{upload['id']}")
    assert shown.json()["state"] == "open"


async def test_an_expired_upload_is_over(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person)
    long_ago = datetime.now(UTC) - timedelta(days=1)
    held = api.services
    async with held.db.begin() as tx:
        await tx.execute(
            update(Upload)
            .where(Upload.id == uuid.UUID(upload["id"]))
            .values(expires_at=long_ago, check_at=long_ago)
        )
    signing = await person.http.post(
        f"/v1/uploads/{upload['id']}/parts", json={"part_numbers": [1]}
    )
    problem(signing, 409, "invalid_state")
    await uploads.check(held.db, held.storage, held.settings.upload_check_s)
    problem(await complete(person, upload), 409, "invalid_state")
    assert (await person.http.get(f"/v1/uploads/{upload['id']}")).json()["state"] == "expired"


async def test_a_signed_url_cannot_be_turned_to_another_part(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person, len(TWO_PARTS))
    [part] = await sign(person, upload, 2)
    forged = part["url"].replace("partNumber=2", "partNumber=1")
    assert forged != part["url"]
    assert (await put(forged, b"8 bytes.")).status_code == 403
