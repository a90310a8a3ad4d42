"""Uploads: begun, signed, sent in parts straight to the store, resumed, aborted."""

import asyncio
import uuid
from pathlib import PurePath
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import delete, func, update

from backend.quota import quota
from backend.uploads.schemas import SignedParts
from control import purges as control_purges
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.errors import DatabaseAway
from core.model.tables import Purge, Upload
from core.uploads.multipart import MIB
from core.videos import purges
from embedded.stack import Stack
from tests.faults.misbehaviour import Cut
from tests.faults.proxy import Proxy
from tests.support.app import Api, StartApi
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.tables import purged
from tests.support.uploading import BODY, begin, complete, get, put, send, sign

FILM = {"filename": "film.mp4", "size": 8}
TWO_PARTS = BODY * 2048 + b"the rest"  # 8 MiB and 8 bytes


async def test_an_upload_is_begun_with_its_video(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person, 20 * MIB, filename="Hafen.MOV", title="  The harbour ")
    assert upload["part_size"] == 8 * MIB
    assert upload["part_count"] == 3
    assert upload["state"] == "open"
    assert upload["expires_at"] > upload["created_at"]
    video = (await person.http.get(f"/v1/videos/{upload['video_id']}")).json()
    assert (video["state"], video["title"]) == ("uploading", "The harbour")
    assert video["source"]["filename"] == "Hafen.MOV"
    assert video["source"]["size"] == 20 * MIB


async def test_without_a_title_the_name_of_the_file_is_taken(api: Api) -> None:
    person = await new_user(api)
    for name, title in (
        ("C:\\films\\At sea.mkv", "At sea"),
        (" \u202eAt sea \u00a0.mkv ", "At sea"),
        ("\u200b.mp4", "\u200b.mp4"),
    ):
        upload = await begin(person, filename=name)
        video = (await person.http.get(f"/v1/videos/{upload['video_id']}")).json()
        assert video["title"] == title


@pytest.mark.parametrize(("wanted", "tags"), [(True, b"kind=source"), (False, None)])
async def test_an_original_gets_a_tag_where_that_is_wanted(
    start_api: StartApi, wanted: bool, tags: bytes | None
) -> None:
    api = await start_api(tag_sources=wanted)
    sent: list[Any] = []  # the emulator takes the tag and forgets it
    events = api.services.storage._s3.meta.events
    events.register(
        "before-send.s3.CreateMultipartUpload", lambda request, **_: sent.append(request)
    )
    await begin(await new_user(api))
    assert [request.headers.get("x-amz-tagging") for request in sent] == [tags]


async def test_what_no_row_can_be_written_for_is_ended_in_the_store(
    api: Api, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, begun = await new_user(api), list[str]()
    plain = api.services.storage.create_upload

    async def create_upload(key: str, *more: Any) -> str:
        begun.append(key)
        return await plain(key, *more)

    async def away(*_: Any, **__: Any) -> None:
        raise DatabaseAway("gone")

    monkeypatch.setattr(api.services.storage, "create_upload", create_upload)
    monkeypatch.setattr(quota, "lock", away)
    monkeypatch.setattr(purges, "schedule_removal", away)
    answer = await person.http.post("/v1/uploads", json=FILM)
    problem(answer, 503, "dependency_unavailable")
    [key] = begun
    found = await s3.list_multipart_uploads(Bucket=api.settings.s3_bucket, Prefix=key)
    assert found.get("Uploads", []) == []


async def test_what_the_store_began_without_an_answer_is_ended_later(
    stack: Stack, start_api: StartApi, db: Database, storage: Storage, s3: Any, clean: None
) -> None:
    with Proxy(stack.environment["AWS_ENDPOINT_URL"]) as proxy:
        api = await start_api(aws_endpoint_url_s3=proxy.url)
        person = await new_user(api)
        proxy.set(Cut(after="request"), operations={"CreateMultipartUpload"})
        answer = await person.http.post("/v1/uploads", json=FILM)
        problem(answer, 503, "dependency_unavailable")
    [prefix] = await purged(db)
    within = {"Bucket": api.settings.s3_bucket, "Prefix": prefix}
    assert (await s3.list_multipart_uploads(**within))["Uploads"]
    async with db.begin() as tx:
        await tx.execute(update(Purge).values(not_before=func.now()))
    await control_purges.purge(db, storage)
    assert not (await s3.list_multipart_uploads(**within)).get("Uploads")


async def test_the_bytes_arrive_as_they_were_sent(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person, len(TWO_PARTS))
    etags = await send(person, upload, TWO_PARTS)
    answer = await complete(person, upload, etags)
    assert answer.status_code == 202
    video = answer.json()
    assert (video["id"], video["state"]) == (upload["video_id"], "queued")
    link = await person.http.get(f"/v1/videos/{video['id']}/download/source")
    assert (await get(link.headers["location"])).content == TWO_PARTS


async def test_signed_parts_say_what_to_send(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person, len(TWO_PARTS))
    parts = await sign(person, upload, 2, 1, 2)
    # What is documented, and no more: the answer is written without a model.
    assert SignedParts.model_validate({"parts": parts}).model_dump(mode="json")["parts"] == parts
    assert [(part["part_number"], part["size"]) for part in parts] == [(2, 8), (1, 8 * MIB)]
    assert all(upload["created_at"] < part["expires_at"] for part in parts)


@pytest.mark.parametrize("length", [7, 9])
async def test_the_store_refuses_a_part_of_another_length(api: Api, length: int) -> None:
    person = await new_user(api)
    upload = await begin(person, 8)
    [part] = await sign(person, upload, 1)
    assert (await put(part["url"], b"x" * length)).status_code == 403
    shown = (await person.http.get(f"/v1/uploads/{upload['id']}")).json()
    assert shown["parts"] == []


@pytest.mark.parametrize("numbers", [[0], [10_001], [], list(range(1, 1002)), ["1"], [None]])
async def test_part_numbers_that_cannot_be_are_refused(api: Api, numbers: list[Any]) -> None:
    person = await new_user(api)
    upload = await begin(person)
    answer = await person.http.post(
        f"/v1/uploads/{upload['id']}/parts", json={"part_numbers": numbers}
    )
    if numbers == ["1"]:  # JSON from a form; the number is plain
        assert answer.status_code == 200
        return
    body = problem(answer, 422, "validation_failed")
    assert body["errors"][0]["pointer"].startswith("/part_numbers")


async def test_a_part_beyond_the_file_is_refused(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person)
    answer = await person.http.post(
        f"/v1/uploads/{upload['id']}/parts", json={"part_numbers": [1, 2]}
    )
    problem(answer, 422, "validation_failed")


async def test_an_upload_is_resumed_with_what_the_store_has(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person, len(TWO_PARTS))
    etags = await send(person, upload, TWO_PARTS, only=[2])
    shown = (await person.http.get(f"/v1/uploads/{upload['id']}")).json()
    assert shown["parts"] == [{"part_number": 2, "size": 8, "etag": etags[2].strip('"')}]
    etags |= await send(person, upload, TWO_PARTS, only=[1])
    assert (await complete(person, upload, etags)).status_code == 202
    shown = (await person.http.get(f"/v1/uploads/{upload['id']}")).json()
    assert (shown["state"], shown["parts"]) == ("completed", [])


async def test_an_aborted_upload_is_gone_from_the_store_and_the_library(api: Api, s3: Any) -> None:
    person = await new_user(api)
    upload = await begin(person)
    await send(person, upload, BODY)
    path = f"/v1/uploads/{upload['id']}"
    assert (await person.http.delete(path)).status_code == 204
    assert (await person.http.delete(path)).status_code == 204
    problem(await person.http.get(f"/v1/videos/{upload['video_id']}"), 404, "not_found")
    open_uploads = await s3.list_multipart_uploads(
        Bucket=api.settings.s3_bucket, Prefix=f"videos/{upload['video_id']}/"
    )
    assert not open_uploads.get("Uploads")
    problem(await complete(person, upload), 409, "invalid_state")
    signing = await person.http.post(f"{path}/parts", json={"part_numbers": [1]})
    problem(signing, 409, "invalid_state")
    assert (await person.http.get(path)).json()["state"] == "aborted"


async def test_a_completed_upload_is_not_aborted(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person)
    await send(person, upload, BODY)
    await complete(person, upload)
    problem(await person.http.delete(f"/v1/uploads/{upload['id']}"), 409, "invalid_state")
    signing = await person.http.post(
        f"/v1/uploads/{upload['id']}/parts", json={"part_numbers": [1]}
    )
    problem(signing, 409, "invalid_state")
    video = await person.http.get(f"/v1/videos/{upload['video_id']}")
    assert video.json()["state"] == "queued"


async def test_a_page_may_name_the_type_but_the_extension_decides(api: Api, s3: Any) -> None:
    person = await new_user(api)
    upload = await begin(person, filename="film.webm", content_type="text/html")
    await send(person, upload, BODY)
    await complete(person, upload)
    stored = await s3.head_object(
        Bucket=api.settings.s3_bucket, Key=f"videos/{upload['video_id']}/source.webm"
    )
    assert stored["ContentType"] == "video/webm"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("talk.mp3", "audio/mpeg"),
        ("tape.DV", "video/dv"),
        ("studio.mxf", "application/mxf"),
        ("book.M4B", "audio/mp4"),
        ("radio.mp2", "audio/mpeg"),
        ("old.ogm", "video/ogg"),
    ],
)
async def test_the_type_of_what_is_stored(api: Api, s3: Any, name: str, content_type: str) -> None:
    person = await new_user(api)
    upload = await begin(person, filename=name)
    await send(person, upload, BODY)
    await complete(person, upload)
    key = f"videos/{upload['video_id']}/source{PurePath(name).suffix.lower()}"
    stored = await s3.head_object(Bucket=api.settings.s3_bucket, Key=key)
    assert stored["ContentType"] == content_type


async def test_a_repeated_request_gives_the_upload_that_it_began(api: Api) -> None:
    person, other = await new_user(api), await new_user(api)
    key = {"Idempotency-Key": "phone 1, film 7"}
    first = await person.http.post("/v1/uploads", json=FILM, headers=key)
    again = await person.http.post("/v1/uploads", json=FILM, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert len((await person.http.get("/v1/videos")).json()["items"]) == 1
    # The key is one person's, and one request's.
    theirs = await other.http.post("/v1/uploads", json=FILM, headers=key)
    assert theirs.json()["id"] != first.json()["id"]
    changed = await person.http.post("/v1/uploads", json={**FILM, "size": 9}, headers=key)
    problem(changed, 422, "idempotency_key_reused")


async def test_a_repeated_request_is_answered_with_the_present_state(api: Api) -> None:
    person = await new_user(api)
    key = {"Idempotency-Key": "k"}
    first = await person.http.post("/v1/uploads", json=FILM, headers=key)
    await person.http.delete(f"/v1/uploads/{first.json()['id']}")
    again = await person.http.post("/v1/uploads", json=FILM, headers=key)
    assert again.status_code == 201
    # What is over has no name any more.
    assert again.json() == {**first.json(), "state": "aborted", "filename": ""}
    async with api.services.db.begin() as tx:  # as some time after a deletion
        await tx.execute(delete(Upload).where(Upload.id == uuid.UUID(first.json()["id"])))
    again = await person.http.post("/v1/uploads", json=FILM, headers=key)
    problem(again, 409, "idempotency_result_gone")


async def test_what_was_made_is_told_though_it_cannot_be_remembered(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await new_user(api)
    redis_client = api.services.idempotency._redis
    plain = redis_client.set

    async def away(*given: Any, **options: Any) -> Any:
        if options.get("nx"):
            return await plain(*given, **options)
        raise RedisConnectionError

    monkeypatch.setattr(redis_client, "set", away)
    key = {"Idempotency-Key": "k"}
    answer = await person.http.post("/v1/uploads", json=FILM, headers=key)
    assert answer.status_code == 201


async def test_a_command_that_the_client_library_repeats_finds_its_own_mark(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await new_user(api)
    redis_client = api.services.idempotency._redis
    plain = redis_client.set

    async def twice(*given: Any, **options: Any) -> Any:
        if options.get("nx"):
            await plain(*given, **options)  # its answer is lost
        return await plain(*given, **options)

    monkeypatch.setattr(redis_client, "set", twice)
    key = {"Idempotency-Key": "k"}
    answer = await person.http.post("/v1/uploads", json=FILM, headers=key)
    assert answer.status_code == 201


async def test_of_requests_at_once_with_one_key_one_begins_an_upload(api: Api) -> None:
    person = await new_user(api)
    key = {"Idempotency-Key": "k"}
    answers = await asyncio.gather(
        *(person.http.post("/v1/uploads", json=FILM, headers=key) for _ in range(10))
    )
    for answer in answers:
        if answer.status_code != 201:
            problem(answer, 409, "idempotency_in_progress")
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len((await person.http.get("/v1/videos")).json()["items"]) == 1


async def test_a_refused_request_gives_its_key_back(api: Api) -> None:
    person = await new_user(api)
    key = {"Idempotency-Key": "k"}
    refused = await person.http.post(
        "/v1/uploads", json={**FILM, "filename": "film.exe"}, headers=key
    )
    problem(refused, 422, "unsupported_extension")
    assert (await person.http.post("/v1/uploads", json=FILM, headers=key)).status_code == 201
