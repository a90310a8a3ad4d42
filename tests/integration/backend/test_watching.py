"""A film is watched by a token: while it is made, at its end, and after it was replaced."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from sqlalchemy import Select, delete, func, select, update

from core.adapters.redis import connect
from core.errors import Failure
from core.model import object_keys
from core.model.failure_codes import FailureCode
from core.model.notes import as_json
from core.model.states import Outcome
from core.model.tables import Job, Purge, Session, Track
from core.tasks import settle, spans
from core.tasks.spans import NewSpan
from core.watching import Watching
from tests.support.app import Api
from tests.support.growing import finish, grow
from tests.support.hls_check import read_media, read_multivariant
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.sample_film import begin, film, go_on
from tests.support.uploading import uploaded
from tests.support.work import claim_of, ending, planned, publish, succeed


async def read(api: Api, address: str, **headers: str) -> httpx.Response:
    async with api.client() as http:
        return await http.get(address, headers=headers)


async def fetched(api: Api, base: str, address: str, first: int, size: int) -> bytes:
    """Return bytes of a segment as a player gets them: the range goes along with the redirect."""
    redirect = await read(api, urljoin(base, address))
    assert redirect.status_code == 307, redirect.text
    async with httpx.AsyncClient(trust_env=False) as store:
        answer = await store.get(
            redirect.headers["location"], headers={"Range": f"bytes={first}-{first + size - 1}"}
        )
    assert answer.status_code == 206
    return answer.content


async def test_a_film_is_watched_while_it_is_made(api: Api) -> None:
    growing = await grow(api)
    answer = await growing.ask()
    assert answer.status_code == 201
    told = answer.json()
    assert (told["dash_url"], told["storyboard_url"], told["mp4"]) == (None, None, [])
    lasts = datetime.fromisoformat(told["expires_at"]) - datetime.now().astimezone()
    assert timedelta(hours=11.9) < lasts <= timedelta(hours=12)
    base = told["hls_url"]
    listed = await read(api, base)
    assert listed.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert listed.headers["cache-control"] == "private, no-cache"
    master = read_multivariant(listed.text)
    assert {each.address for each in master.variants} == {"720p.m3u8", "480p.m3u8"}
    assert [each["URI"] for each in master.renditions] == ["audio.m3u8"]
    samples = {f"{each.track.name}.m3u8": each for each in film()}
    for name, sample in samples.items():
        found = read_media((await read(api, urljoin(base, name))).text)
        assert (found.kind, found.ended, len(found.parts)) == ("EVENT", False, 2)
        assert await fetched(api, base, *found.init) == sample.init
        for part, segment in zip(found.parts, sample.segments, strict=False):
            assert await fetched(api, base, part.address, part.offset, part.size) == segment
    assert (await read(api, urljoin(base, "manifest.mpd"))).status_code == 404


async def test_a_worker_knows_whose_work_is_watched(api: Api) -> None:
    growing, other = await grow(api), await grow(api)
    watching, jobs = api.services.watching, (growing.work.job_id, other.work.job_id)
    place = await growing.place()
    await read(api, f"{place}/master.m3u8")
    await read(api, f"{place}/no-track.m3u8")
    assert [await watching.is_watched(job) for job in jobs] == [False, False]
    await read(api, f"{place}/720p.m3u8")
    assert [await watching.is_watched(job) for job in jobs] == [True, False]
    assert 0 < await api.services.redis.ttl(f"watching:{growing.work.job_id}") <= 20
    # Of a film that is made nobody needs to know.
    await finish(api, other)
    await read(api, f"{await other.place()}/720p.m3u8")
    assert not await watching.is_watched(other.work.job_id)


async def test_without_redis_a_film_is_watched_as_nobody_watched_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = await grow(api)
    share = (await growing.owner.http.post(f"/v1/videos/{growing.video_id}/shares")).json()
    playback = await growing.owner.http.post(f"/v1/shares/{share['token']}/playback")
    nowhere = Watching(connect("redis://127.0.0.1:1/0"))
    monkeypatch.setattr(api.services, "watching", nowhere)
    found = await read(api, urljoin(playback.json()["hls_url"], "720p.m3u8"))
    assert read_media(found.text).kind == "EVENT"
    assert not await nowhere.is_watched(growing.work.job_id)


async def test_its_end_is_added_for_those_who_watch(api: Api) -> None:
    growing = await grow(api)
    place = await growing.place()
    before = (await read(api, f"{place}/720p.m3u8")).text
    await finish(api, growing)
    after = await read(api, f"{place}/720p.m3u8")
    assert after.text.startswith(before)
    found = read_media(after.text)
    assert (found.kind, found.ended, len(found.parts)) == ("EVENT", True, 4)
    assert after.headers["cache-control"] == "private, max-age=60"
    told = (await growing.ask()).json()
    assert [each["name"] for each in told["mp4"]] == ["720p", "480p"]
    # So that a player can choose one.
    video = (await growing.owner.http.get(f"/v1/videos/{growing.video_id}")).json()
    renditions = {each["name"]: each for each in video["renditions"]}
    for each in told["mp4"]:
        assert each["height"] > 0
        assert each["bitrate"] > 0
        assert {**each, "url": ""}.items() <= {**renditions[each["name"]], "url": ""}.items()
    manifest = await read(api, told["dash_url"])
    assert manifest.headers["content-type"] == "application/dash+xml"
    assert manifest.text.count("<SegmentURL") == 12


async def test_who_comes_later_sees_a_list_that_does_not_change(api: Api) -> None:
    growing = await grow(api)
    await finish(api, growing)
    held = api.services.playback
    session = api.services.tokens.check_access(growing.owner.token).session_id
    token, made = held.make(growing.video_id, growing.work.job_id, session, 600)
    async with api.services.db.begin() as tx:
        ended = datetime.fromtimestamp(made.issued_at - 5).astimezone()
        await tx.execute(update(Job).where(Job.id == growing.work.job_id).values(finished_at=ended))
    found = read_media((await read(api, f"/v1/playback/{token}/720p.m3u8")).text)
    assert (found.kind, found.ended, found.from_the_beginning) == ("VOD", True, False)


async def test_a_list_that_is_the_same_is_not_sent_again(api: Api) -> None:
    growing = await grow(api)
    place = await growing.place()
    for name in ("master.m3u8", "720p.m3u8"):
        first = await read(api, f"{place}/{name}")
        again = await read(api, f"{place}/{name}", **{"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    await finish(api, growing)
    later = await read(api, f"{place}/720p.m3u8", **{"If-None-Match": first.headers["etag"]})
    assert later.status_code == 200


async def test_only_what_can_be_watched_is_given(api: Api) -> None:
    owner = await new_user(api)
    video = await uploaded(owner)
    refused = await owner.http.post(f"/v1/videos/{video['id']}/playback")
    assert problem(refused, 409, "invalid_state")
    # Of a release that made no segments.
    db, storage = api.services.db, api.services.storage
    await publish(db, storage, await claim_of(db, uuid.UUID(video["id"])), "720p")
    told = (await owner.http.post(f"/v1/videos/{video['id']}/playback")).json()
    assert (told["hls_url"], told["dash_url"]) == (None, None)
    assert [each["name"] for each in told["mp4"]] == ["720p"]
    stranger = await new_user(api)
    refused = await stranger.http.post(f"/v1/videos/{video['id']}/playback", json={})
    assert problem(refused, 404, "not_found")


@pytest.mark.parametrize("wanted", [{"ttl_s": 59}, {"ttl_s": 86_401}, {"ttl": 60}, {"ttl_s": "x"}])
async def test_a_token_lasts_a_day_at_most(api: Api, wanted: dict[str, object]) -> None:
    assert problem(await (await grow(api)).ask(**wanted), 422, "validation_failed")


async def test_files_are_saved_under_a_readable_name(api: Api) -> None:
    growing = await grow(api)
    await finish(api, growing)
    [first, _] = (await growing.ask(download=True)).json()["mp4"]
    assert "attachment" in first["url"]
    async with httpx.AsyncClient(trust_env=False) as store:
        answer = await store.get(first["url"])
    assert 'filename="film 720p.mp4"' in answer.headers["content-disposition"]


async def test_a_segment_is_signed_for_five_minutes_at_most(api: Api) -> None:
    place = await (await grow(api)).place()
    redirect = await read(api, f"{place}/720p/0.mp4")
    assert "X-Amz-Expires=300&" in redirect.headers["location"]
    assert redirect.headers["cache-control"] == "no-store"
    for name in ("720p/1.mp4", "1080p/0.mp4", "720p/-1.mp4", "720p/99999999999.mp4", "720p/x.mp4",
                 "1080p.m3u8", "%00.m3u8", "%00/0.mp4", "..%2f720p.m3u8"):  # fmt: skip
        assert problem(await read(api, f"{place}/{name}"), 404, "not_found")


async def test_the_end_of_a_session_ends_what_it_gave(api: Api) -> None:
    growing = await grow(api)
    place = await growing.place()
    assert (await growing.owner.http.delete("/v1/auth/sessions")).status_code == 204
    for name in ("master.m3u8", "720p.m3u8", "manifest.mpd", "720p/0.mp4"):
        assert problem(await read(api, f"{place}/{name}"), 403, "playback_expired")


async def test_an_old_copy_of_redis_brings_no_playback_back(api: Api) -> None:
    growing = await grow(api)
    place = await growing.place()
    async with api.services.db.begin() as tx:
        await tx.execute(delete(Session).where(Session.user_id == growing.owner.id))
    for name in ("master.m3u8", "720p.m3u8", "manifest.mpd", "720p/0.mp4"):
        assert problem(await read(api, f"{place}/{name}"), 403, "playback_expired")


async def test_a_deleted_film_is_watched_no_longer(api: Api) -> None:
    growing = await grow(api)
    place = await growing.place()
    await growing.owner.http.delete(f"/v1/videos/{growing.video_id}")
    for name in ("master.m3u8", "720p.m3u8", "manifest.mpd", "720p/0.mp4"):
        assert problem(await read(api, f"{place}/{name}"), 403, "playback_expired")


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.CANCELLED])
async def test_what_a_job_did_not_finish_is_withdrawn(api: Api, outcome: Outcome) -> None:
    growing = await grow(api)
    place = await growing.place()
    if outcome is Outcome.CANCELLED:
        await growing.owner.http.post(f"/v1/videos/{growing.video_id}/cancel")
    else:
        failure = Failure(FailureCode.CORRUPT_MEDIA, "It is damaged.")
        async with api.services.db.begin() as tx:
            await settle.fail(tx, growing.work, failure, ending(growing.work))
    for name in ("master.m3u8", "720p.m3u8", "manifest.mpd", "720p/0.mp4"):
        assert problem(await read(api, f"{place}/{name}"), 410, "playback_withdrawn")
    assert problem(await growing.ask(), 409, "invalid_state")


async def test_who_watches_what_is_replaced_goes_on(api: Api) -> None:
    growing = await grow(api)
    await finish(api, growing)
    place, db = await growing.place(), api.services.db
    again = await growing.owner.http.post(
        f"/v1/videos/{growing.video_id}/jobs", json={"operation": "transcode"}
    )
    assert again.status_code == 202
    work = await planned(db, await claim_of(db, growing.video_id))
    tracks = await begin(db, api.services.storage, work, film()[1:], 2)
    # While the new one is made, the old one is shown.
    during = await growing.place()
    assert len(read_media((await read(api, f"{during}/720p.m3u8")).text).parts) == 4
    await go_on(db, api.services.storage, work, film()[1:], tracks, 2)
    await succeed(db, work, "480p")
    for each in (place, during):
        assert len(read_media((await read(api, f"{each}/720p.m3u8")).text).parts) == 4
        assert (await read(api, f"{each}/720p/0.mp4")).status_code == 307
    after = await growing.place()
    assert (await read(api, f"{after}/480p.m3u8")).status_code == 200
    assert (await read(api, f"{after}/720p.m3u8")).status_code == 404
    kept: Select[Any] = select(func.max(Track.kept_until) - func.now())
    wait: Select[Any] = select(func.min(Purge.not_before) - func.now())
    objects = object_keys.stream_prefix(growing.video_id, growing.work.job_id)
    async with db.autocommit() as connection:
        kept_for = await connection.scalar(kept.where(Track.job_id == growing.work.job_id))
        stays = await connection.scalar(wait.where(Purge.prefix == objects))
    assert timedelta(hours=23.9) < kept_for <= timedelta(hours=24)
    assert stays > kept_for + timedelta(minutes=5)


async def test_pages_of_everybody_may_play(api: Api) -> None:
    place = await (await grow(api)).place()
    asked = {"Origin": "https://elsewhere.example"}
    for name, status in (("720p.m3u8", 200), ("720p/0.mp4", 307), ("nothing.m3u8", 404)):
        answer = await read(api, f"{place}/{name}", **asked)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    async with api.client() as http:
        first = await http.options(
            f"{place}/720p/0.mp4",
            headers={**asked, "Access-Control-Request-Method": "GET",
                     "Access-Control-Request-Headers": "range"},
        )  # fmt: skip
    assert first.status_code == 204
    assert first.headers["access-control-allow-origin"] == "*"


async def test_a_video_says_that_it_can_be_watched(api: Api) -> None:
    growing = await grow(api)
    owner, video_id = growing.owner, str(growing.video_id)
    for answer in (
        (await owner.http.get(f"/v1/videos/{video_id}")).json(),
        (await owner.http.get("/v1/videos")).json()["items"][0],
    ):
        assert (answer["state"], answer["playable"]) == ("processing", True)
        assert datetime.fromisoformat(answer["playable_at"]) <= datetime.now().astimezone()
        assert [(each["kind"], each["name"]) for each in answer["tracks"]] == [
            ("video", "720p"), ("video", "480p"), ("audio", "audio"),
        ]  # fmt: skip
        picture, _, sound = answer["tracks"]
        assert picture | {"id": None} == {
            "id": None, "kind": "video", "name": "720p", "language": None, "codec": "avc1.42c00d",
            "width": 320, "height": 180, "bitrate": 1_500_000, "frame_rate": 24.0, "default": True,
            "made": "encoded",
            "channels": None, "role": None,
        }  # fmt: skip
        assert (sound["language"], sound["width"], sound["frame_rate"]) == ("en", None, None)
    video = await uploaded(owner)
    assert (video["playable"], video["playable_at"], video["tracks"]) == (False, None, [])


async def test_sounds_are_told_in_order_and_how_loud_the_first_one_is(api: Api) -> None:
    growing, db = await grow(api), api.services.db
    default = growing.tracks[-1]
    other = replace(default, is_default=False, channels=2, title=None)
    more = [
        replace(other, id=uuid.uuid4(), name="audio-surround", channels=6),
        replace(other, id=uuid.uuid4(), name="audio-10", title="Ten", language=None),
        replace(other, id=uuid.uuid4(), name="audio-2", role="commentary"),
    ]
    one = [NewSpan(each.id, 0, 0, f"{each.name}/0.mp4", 0, (9,), (96_000,)) for each in more]
    async with db.begin() as tx:
        await spans.join(tx, growing.work, more, one)
    path = f"/v1/videos/{growing.video_id}"
    before = (await growing.owner.http.get(path)).json()
    assert before["loudness"] is None
    told = [
        (each["name"], each["role"], each["channels"], each["default"])
        for each in before["tracks"]
        if each["kind"] == "audio"
    ]
    assert told == [
        ("audio", None, 1, True), ("audio-2", "commentary", 2, False), ("Ten", None, 2, False),
        ("audio-surround", None, 6, False),
    ]  # fmt: skip
    master = read_multivariant((await read(api, f"{await growing.place()}/master.m3u8")).text)
    sounds = [(each["GROUP-ID"], each["URI"]) for each in master.renditions]
    assert sounds[:3] == [
        ("sound", "audio.m3u8"), ("sound", "audio-2.m3u8"), ("sound", "audio-10.m3u8"),
    ]  # fmt: skip
    assert sounds[3] == ("surround", "audio-surround.m3u8")
    loudness = {"integrated_lufs": -23.0, "true_peak_dbtp": -1.5, "range_lu": 7.0}
    notes = {**as_json(), "loudness": loudness}
    await publish(db, api.services.storage, growing.work, "720p", notes=notes)
    assert (await growing.owner.http.get(path)).json()["loudness"] == loudness


async def test_tracks_are_those_of_the_job_that_is_shown(api: Api) -> None:
    growing, db = await grow(api), api.services.db
    await finish(api, growing)
    place = f"/v1/videos/{growing.video_id}"
    await growing.owner.http.post(f"{place}/jobs", json={"operation": "transcode"})
    work = await planned(db, await claim_of(db, growing.video_id))
    await begin(db, api.services.storage, work, film()[1:], 2)

    async def names() -> list[str]:
        tracks = (await growing.owner.http.get(place)).json()["tracks"]
        return [each["name"] for each in tracks]

    assert await names() == ["720p", "480p", "audio"]
    await succeed(db, work, "480p")
    assert await names() == ["480p", "audio"]
