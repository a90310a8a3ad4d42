"""The library: listed, searched, renamed, deleted."""

import uuid
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import func, insert, select

from backend.videos.sorting import Sort
from core.model.ids import new_id
from core.model.tables import Asset, Purge, Video
from core.tasks import lease
from tests.support.app import Api
from tests.support.people import Person, new_user
from tests.support.problems import problem
from tests.support.release_before import OldArtifact, OldRendition
from tests.support.uploading import BODY, begin, get, send, uploaded
from tests.support.work import claim_of, planned, publish, task_of


async def shelve(api: Api, person: Person, *titles: str, state: str = "ready") -> list[str]:
    """Put videos into the library, past uploads; the last one is the newest."""
    ids = [new_id() for _ in titles]
    async with api.services.db.begin() as tx:
        await tx.execute(
            insert(Video),
            [
                {
                    "id": video_id, "user_id": person.id, "title": title, "state": state,
                    "source_key": "k", "source_filename": f"{video_id.hex}.mp4", "source_size": 1,
                }
                for video_id, title in zip(ids, titles, strict=True)
            ],
        )  # fmt: skip
    return [str(video_id) for video_id in ids]


async def titles(person: Person, **query: Any) -> list[str]:
    answer = await person.http.get("/v1/videos", params=query)
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


async def pages(person: Person, limit: int, **query: Any) -> AsyncIterator[list[dict[str, Any]]]:
    """Read the library to its end, page by page."""
    cursor: dict[str, Any] = {}
    for _ in range(20):  # the library of a test is no longer
        asked = {"limit": limit, **query, **cursor}
        answer = await person.http.get("/v1/videos", params=asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        yield page["items"]
        if page["next_cursor"] is None:
            return
        cursor = {"cursor": page["next_cursor"]}
    pytest.fail("the library has no end")


async def test_the_library_is_read_page_by_page_newest_first(api: Api) -> None:
    person = await new_user(api)
    await shelve(api, person, "1", "2", "3", "4", "5")
    seen = []
    async for page in pages(person, 2):
        seen.append([item["title"] for item in page])
        if len(seen) == 1:
            await shelve(api, person, "newer")  # does not shift what comes after the cursor
    assert seen == [["5", "4"], ["3", "2"], ["1"]]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("newest", ["Zoo", "yard", "b", "B", "a", "b", "A"]),
        ("oldest", ["A", "b", "a", "B", "b", "yard", "Zoo"]),
        ("title", ["A", "a", "b", "B", "b", "yard", "Zoo"]),
    ],
)
async def test_the_library_is_sorted(api: Api, sort: str, expected: list[str]) -> None:
    person = await new_user(api)
    ids = await shelve(api, person, "A", "b", "a", "B", "b", "yard", "Zoo")
    for limit in (1, 2, 3, 7, 8):
        found = [item async for page in pages(person, limit, sort=sort) for item in page]
        assert [item["title"] for item in found] == expected
        same = [item["id"] for item in found if item["title"].lower() == "b"]
        assert same == (ids[1:2] + ids[3:5])[:: -1 if sort == "newest" else 1]  # ties by id


async def test_a_title_of_any_length_can_be_continued_after(api: Api) -> None:
    person = await new_user(api)
    await shelve(api, person, "船" * 255, "🎬" * 255)
    found = [item async for page in pages(person, 1, sort="title") for item in page]
    assert sorted(item["title"][0] for item in found) == ["船", "🎬"]


async def test_a_video_renamed_or_deleted_between_pages_moves_no_other(api: Api) -> None:
    person = await new_user(api)
    ids = await shelve(api, person, "a", "b", "c", "d")
    seen = []
    async for page in pages(person, 1, sort="title"):
        seen += [item["title"] for item in page]
        if seen == ["a"]:
            await person.http.patch(f"/v1/videos/{ids[0]}", json={"title": "z"})
        elif seen == ["a", "b"]:
            await person.http.delete(f"/v1/videos/{ids[1]}")
    assert seen == ["a", "b", "c", "d", "z"]


async def test_a_cursor_goes_on_in_its_own_order_only(api: Api) -> None:
    person = await new_user(api)
    await shelve(api, person, "1", "2")
    for sort in Sort:
        first = await person.http.get("/v1/videos", params={"limit": 1, "sort": sort})
        for other in Sort:
            query = {"limit": 1, "sort": other, "cursor": first.json()["next_cursor"]}
            answer = await person.http.get("/v1/videos", params=query)
            if other is sort:
                assert answer.status_code == 200
            else:
                problem(answer, 422, "validation_failed")


async def test_a_full_last_page_promises_no_further_one(api: Api) -> None:
    person = await new_user(api)
    await shelve(api, person, "1", "2")
    page = (await person.http.get("/v1/videos", params={"limit": 2})).json()
    assert (len(page["items"]), page["next_cursor"]) == (2, None)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"limit": 0}, "/limit"),
        ({"limit": 101}, "/limit"),
        ({"limit": "x"}, "/limit"),
        ({"state": "lost"}, "/state/0"),
        ({"q": "x" * 256}, "/q"),
        ({"cursor": "x" * 1501}, "/cursor"),
        ({"sort": "size"}, "/sort"),
    ],
)
async def test_a_wrong_parameter_is_named(api: Api, query: dict[str, Any], pointer: str) -> None:
    person = await new_user(api)
    body = problem(await person.http.get("/v1/videos", params=query), 422, "validation_failed")
    assert [item["pointer"] for item in body["errors"]] == [pointer]


@pytest.mark.parametrize("cursor", ["x", "é", "AAAA", "=" * 20, "A" * 50])
async def test_a_cursor_that_no_list_gave_is_refused(api: Api, cursor: str) -> None:
    person = await new_user(api)
    answer = await person.http.get("/v1/videos", params={"cursor": cursor})
    problem(answer, 422, "validation_failed")


async def test_the_library_is_narrowed_by_state(api: Api) -> None:
    person = await new_user(api)
    await shelve(api, person, "ready", state="ready")
    await shelve(api, person, "failed", state="failed")
    await shelve(api, person, "queued", state="queued")
    await shelve(api, person, "deleted", state="deleted")
    assert await titles(person) == ["queued", "failed", "ready"]
    assert await titles(person, state="failed") == ["failed"]
    assert await titles(person, state=["failed", "ready"]) == ["failed", "ready"]
    assert await titles(person, state="deleted") == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("HARBOUR", ["The harbour"]),
        ("%", ["100 % sea"]),
        ("_", ["under_score"]),
        ("\\", ["back\\slash"]),
        ("'; DROP TABLE videos; --", []),
        ("船", ["船"]),
    ],
)
async def test_a_search_is_plain_text(api: Api, typed: str, found: list[str]) -> None:
    person = await new_user(api)
    await shelve(api, person, "The harbour", "100 % sea", "under_score", "back\\slash", "船")
    assert await titles(person, q=typed) == found


@pytest.mark.parametrize("typed", ["\x00", "har\x00bour", "x" * 256])
async def test_a_search_for_what_no_title_can_hold_is_refused(api: Api, typed: str) -> None:
    person = await new_user(api)
    await shelve(api, person, "The harbour")
    answer = await person.http.get("/v1/videos", params={"q": typed})
    [found] = problem(answer, 422, "validation_failed")["errors"]
    assert found["pointer"] == "/q"
    assert "NUL" in found["message"] or "255 characters" in found["message"]


@pytest.mark.parametrize("path", ["/v1/videos", "/v1/jobs"])
@pytest.mark.parametrize(
    "query",
    [
        {"limit": "9" * 5000}, {"limit": "-1"}, {"limit": "1\x00"}, {"limit": "1e2"},
        {"cursor": "\x00"}, {"cursor": "A" * 22 + "\x00"}, {"cursor": "9" * 90}, {"cursor": ""},
    ],
)  # fmt: skip
async def test_what_no_list_can_be_asked_for_is_refused(
    api: Api, path: str, query: dict[str, str]
) -> None:
    person = await new_user(api)
    problem(await person.http.get(path, params=query), 422, "validation_failed")


async def test_a_search_looks_at_the_name_of_the_file_too(api: Api) -> None:
    person = await new_user(api)
    [video_id] = await shelve(api, person, "Something else")
    assert await titles(person, q=uuid.UUID(video_id).hex[:12]) == ["Something else"]


async def test_each_sees_only_their_own(api: Api) -> None:
    person, other = await new_user(api), await new_user(api)
    await shelve(api, other, "theirs")
    assert await titles(person) == []
    assert await titles(person, q="theirs") == []


async def test_a_ready_video_tells_what_there_is_to_play(api: Api) -> None:
    person = await new_user(api)
    video_id = (await uploaded(person, title="A film"))["id"]
    held = api.services
    claim = await claim_of(held.db, uuid.UUID(video_id))
    media = {"duration": 2.0, "width": 1920, "height": 1080, "video_codec": "h264"}
    encoding = await planned(held.db, claim, media=media)
    await publish(held.db, held.storage, encoding, "480p", "720p")
    video = (await person.http.get(f"/v1/videos/{video_id}")).json()
    assert (video["state"], video["stage"], video["progress"]) == ("ready", None, 100.0)
    assert video["source"]["width"] == 1920
    assert video["source"]["frame_rate"] is None
    assert video["failure"] is None
    assert [item["name"] for item in video["renditions"]] == ["720p", "480p"]
    rendition = video["renditions"][0]
    assert (await get(rendition["url"])).content == b"720p   "
    assert (await get(rendition["url"], Range="bytes=1-2")).content == b"20"
    assert (await get(video["poster_url"])).content == b"poster"
    assert rendition["size"] == 7
    assert rendition["duration"] == 2.0
    assert rendition["bitrate"] == 1_000_000
    assert {"s3_key", "id"}.isdisjoint(rendition)
    # The same URL for a while, so that players and caches keep what they have.
    again = (await person.http.get(f"/v1/videos/{video_id}")).json()
    assert again["version"] == video["version"]


async def test_sound_is_told_from_film(api: Api) -> None:
    person = await new_user(api)
    held = api.services
    shown = {}
    for name, media in (("720p", {"video_codec": "h264"}), ("audio", {"audio_codec": "mp3"})):
        path = f"/v1/videos/{(await uploaded(person, title='A talk'))['id']}"
        assert (await person.http.get(path)).json()["kind"] is None  # nobody has looked yet
        claim = await claim_of(held.db, uuid.UUID(path.split("/")[-1]))
        await publish(held.db, held.storage, await planned(held.db, claim, media=media), name)
        shown[name] = (await person.http.get(path)).json()
        link = await person.http.get(f"{path}/download/{name}?redirect=false")
        suffix = "m4a" if name == "audio" else "mp4"
        assert f"A%20talk%20{name}.{suffix}" in unquote(link.json()["url"])
    assert {name: video["kind"] for name, video in shown.items()} == {
        "720p": "video", "audio": "audio",
    }  # fmt: skip
    (rendition,) = shown["audio"]["renditions"]
    assert [rendition[of] for of in ("width", "height", "video_codec")] == [None] * 3
    assert (rendition["audio_codec"], rendition["duration"]) == ("aac", 2.0)
    assert shown["audio"]["poster_url"]
    listed = (await person.http.get("/v1/videos")).json()["items"]
    assert [video["kind"] for video in listed] == ["audio", "video"]


async def test_a_title_is_changed(api: Api) -> None:
    person = await new_user(api)
    [video_id] = await shelve(api, person, "before")
    path = f"/v1/videos/{video_id}"
    answer = await person.http.patch(path, json={"title": " <script>after</script> "})
    assert answer.status_code == 200
    assert answer.json()["title"] == "<script>after</script>"
    assert answer.json()["version"] == 2
    for title in ("", " ", "a\nb", "x" * 256, None, 7):
        refused = await person.http.patch(path, json={"title": title})
        problem(refused, 422, "validation_failed")
    assert (await person.http.get(path)).json()["title"] == "<script>after</script>"


async def keys_of(s3: Any, api: Api, video_id: str) -> list[str]:
    answer = await s3.list_objects_v2(Bucket=api.settings.s3_bucket, Prefix=f"videos/{video_id}/")
    return [item["Key"] for item in answer.get("Contents", ())]


async def test_deleting_removes_everything_that_is_stored(api: Api, s3: Any) -> None:
    person = await new_user(api)
    video_id = (await uploaded(person))["id"]
    held = api.services
    claim = await claim_of(held.db, uuid.UUID(video_id))
    await publish(held.db, held.storage, claim, "720p", "480p")
    assert len(await keys_of(s3, api, video_id)) == 5  # source, two renditions, poster, log
    assert (await person.http.delete(f"/v1/videos/{video_id}")).status_code == 204
    assert await keys_of(s3, api, video_id) == []
    problem(await person.http.get(f"/v1/videos/{video_id}"), 404, "not_found")
    problem(await person.http.delete(f"/v1/videos/{video_id}"), 404, "not_found")
    problem(await person.http.get(f"/v1/jobs/{claim.job_id}"), 404, "not_found")
    async with held.db.autocommit() as connection:
        for table in (Asset, OldRendition, OldArtifact):
            count = select(func.count()).where(table.video_id == uuid.UUID(video_id))
            assert await connection.scalar(count) == 0
        # What a worker that had not heard of it writes later is removed as well.
        later = select(Purge.id).where(
            Purge.prefix == f"videos/{video_id}/", Purge.not_before > func.now()
        )
        assert await connection.scalar(later) is not None


async def test_deleting_stops_what_is_running(api: Api) -> None:
    person = await new_user(api)
    video_id = uuid.UUID((await uploaded(person))["id"])
    held = api.services
    claim = await claim_of(held.db, video_id)
    assert (await person.http.delete(f"/v1/videos/{video_id}")).status_code == 204
    assert (await task_of(held.db, video_id)).state == "cancelled"
    async with held.db.autocommit() as connection:
        assert not await lease.holds(connection, claim)


async def test_deleting_ends_an_upload_under_way(api: Api, s3: Any) -> None:
    person = await new_user(api)
    upload = await begin(person)
    await send(person, upload, BODY)
    video_id = upload["video_id"]
    assert (await person.http.delete(f"/v1/videos/{video_id}")).status_code == 204
    shown = (await person.http.get(f"/v1/uploads/{upload['id']}")).json()
    assert shown["state"] == "aborted"
    async with api.services.db.autocommit() as connection:
        aborting = select(Purge.id).where(
            Purge.prefix == f"videos/{video_id}/", Purge.not_before <= func.now()
        )
        assert await connection.scalar(aborting) is not None
