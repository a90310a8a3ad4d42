"""Films, posters and logs come from CloudFront where it stands before the bucket."""

import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from sqlalchemy import insert

from core.model.ids import new_id
from core.model.tables import Asset, Job, Video
from embedded.stack import Stack
from tests.support.app import Api, StartApi
from tests.support.lanes import InTime
from tests.support.media import Key, new_key, pem_of, verified
from tests.support.people import Person, new_user
from tests.support.settings import Settings
from tests.support.uploading import begin, sign, uploaded
from tests.support.work import claim_of, publish

ADDRESS = "https://films.example"
KEY_ID = "K2JCJMDEHXQW5F"


@pytest.fixture(scope="module")
def key() -> Key:
    return new_key("ec")


def through_cloudfront(key: Key) -> dict[str, Any]:
    return {
        "media_url": ADDRESS,
        "cloudfront_key_id": KEY_ID,
        "cloudfront_private_key": pem_of(key),
    }


async def ready(api: Api, person: Person) -> str:
    video_id = str((await uploaded(person))["id"])
    held = api.services
    await publish(held.db, held.storage, await claim_of(held.db, uuid.UUID(video_id)), "720p")
    return video_id


async def test_whatever_is_handed_out_for_reading_is_signed_for_cloudfront(
    stack: Stack, start_api: StartApi, key: Key
) -> None:
    api = await start_api(**through_cloudfront(key), media_url_ttl_s=600)
    person = await new_user(api)
    video_id = await ready(api, person)
    video = (await person.http.get(f"/v1/videos/{video_id}")).json()
    listed = (await person.http.get("/v1/videos")).json()["items"][0]
    jobs = (await person.http.get(f"/v1/videos/{video_id}/jobs")).json()["items"]
    assert listed["poster_url"] == video["poster_url"], "a browser would load it again"
    seen = [video["poster_url"], video["renditions"][0]["url"], jobs[0]["log_url"]]
    for url, end in zip(seen, ("poster.jpg", "720p.mp4", "log-encode-1.txt"), strict=True):
        resource, until = verified(url, key, KEY_ID)
        assert resource.startswith(f"{ADDRESS}/videos/{video_id}/")
        assert resource.endswith(f"/{end}")
        assert 399 <= until - time.time() <= 600, "a third of its life may be over"


async def test_a_download_keeps_its_name_and_ends_in_time(
    stack: Stack, start_api: StartApi, key: Key
) -> None:
    api = await start_api(**through_cloudfront(key), media_url_ttl_s=600)
    person = await new_user(api)
    video_id = await ready(api, person)
    answer = await person.http.get(f"/v1/videos/{video_id}/download/720p")
    assert answer.status_code == 307
    resource, until = verified(answer.headers["location"], key, KEY_ID)
    assert 590 <= until - time.time() <= 600
    query = parse_qs(urlsplit(resource).query)
    assert unquote(query["response-content-disposition"][0]).endswith(" 720p.mp4")


async def test_uploads_go_to_the_store_all_the_same(
    stack: Stack, start_api: StartApi, key: Key, settings: Settings
) -> None:
    api = await start_api(**through_cloudfront(key))
    person = await new_user(api)
    for part in await sign(person, await begin(person), 1):
        assert part["url"].startswith(f"{settings.public_s3_url}/")


async def test_without_it_everything_comes_from_the_store(api: Api) -> None:
    person = await new_user(api)
    video = (await person.http.get(f"/v1/videos/{await ready(api, person)}")).json()
    for url in (video["poster_url"], video["renditions"][0]["url"]):
        assert url.startswith(str(api.settings.public_s3_url))
        assert "X-Amz-Signature" in url


async def shelve(api: Api, person: Person, count: int) -> None:
    """Put finished videos into the library, each with two renditions and a poster."""
    ids = [new_id() for _ in range(count)]
    videos = [
        {
            "id": each, "user_id": person.id, "title": "A film", "state": "ready",
            "source_key": "k", "source_filename": "f.mp4", "source_size": 1,
            "poster_key": f"videos/{each}/poster.jpg",
        }
        for each in ids
    ]  # fmt: skip
    jobs = [
        {
            "id": each, "video_id": each, "user_id": person.id, "operation": "transcode",
            "state": "succeeded",
        }
        for each in ids
    ]  # fmt: skip
    renditions = [
        {
            "id": new_id(), "video_id": each, "job_id": each, "is_main": True, "kind": "file",
            "state": "published", "name": name, "width": 1280,
            "height": 720, "size": 1, "duration": 1.0, "bitrate": 1, "video_codec": "h264",
            "audio_codec": "aac", "s3_key": f"videos/{each}/{name}.mp4",
        }
        for each in ids for name in ("720p", "480p")
    ]  # fmt: skip
    async with api.services.db.begin() as tx:
        await tx.execute(insert(Video), videos)
        await tx.execute(insert(Job), jobs)
        await tx.execute(insert(Asset), renditions)


@pytest.mark.parametrize("kind", ["s3", "ec", "rsa"])
async def test_a_page_of_a_hundred_videos_is_signed_once_and_in_a_moment(
    stack: Stack, start_api: StartApi, kind: str, figure: Callable[[str, object], None],
    in_time: InTime,
) -> None:  # fmt: skip
    api = await start_api(**({} if kind == "s3" else through_cloudfront(new_key(kind))))
    person = await new_user(api)
    await shelve(api, person, 100)

    async def listed() -> tuple[list[str], float]:
        began = time.perf_counter()
        answer = await person.http.get("/v1/videos", params={"limit": 100})
        took_s = time.perf_counter() - began
        items = answer.json()["items"]
        return [url for item in items for url in (item["poster_url"], *urls_of(item))], took_s

    await person.http.get("/v1/videos", params={"limit": 1})  # connections are open then
    first, first_s = await listed()
    again, again_s = await listed()
    assert len(set(first)) == 300
    figure(
        f"a page of 100 videos, URLs by {kind}: first time, again",
        f"{first_s * 1000:.0f} ms, {again_s * 1000:.0f} ms",
    )
    in_time(f"a page of 100 videos, URLs by {kind}", first_s, 5)
    if first != again:  # the minutes for which URLs stay the same were just over
        first, _ = await listed()
        assert (await listed())[0] == first


def urls_of(item: dict[str, Any]) -> list[str]:
    return [rendition["url"] for rendition in item["renditions"]]
