"""A person chooses the picture that stands for a video."""

import asyncio
import uuid
from typing import Any

import pytest
from sqlalchemy import select

from core.errors import LeaseLost
from core.model.states import AssetKind, JobState, VideoState
from core.model.tables import Asset, Job, Purge, Task, Video
from core.tasks import settle
from core.tasks.claim import Work
from core.tasks.settle import NewAsset
from tests.support.app import Api
from tests.support.growing import Growing, finish, grow
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.sample_film import film as samples
from tests.support.uploading import uploaded
from tests.support.work import claim_of, publish


async def complete(api: Api) -> Growing:
    growing = await grow(api)
    await finish(api, growing)
    return growing


async def choose(film: Growing, at: object) -> Any:
    return await film.owner.http.post(f"/v1/videos/{film.video_id}/poster", json={"at": at})


async def make(api: Api, film: Growing) -> Work:
    """Make the picture as a worker does."""
    held = await claim_of(api.services.db, film.video_id)
    picture = NewAsset(AssetKind.POSTER, "chosen", f"{held.prefix}poster.jpg", 6)
    async with api.services.db.begin() as tx:
        await settle.succeed(tx, held, [picture])
    return held


async def key_of(api: Api, film: Growing) -> str | None:
    async with api.services.db.autocommit() as connection:
        key: str | None = await connection.scalar(
            select(Video.poster_key).where(Video.id == film.video_id)
        )
        return key


async def removed(api: Api) -> set[str]:
    async with api.services.db.autocommit() as connection:
        return set((await connection.scalars(select(Purge.prefix))).all())


async def test_a_choice_replaces_the_poster_and_stays(api: Api) -> None:
    film = await complete(api)
    of_film = await key_of(api, film)
    before = (await film.owner.http.get(f"/v1/videos/{film.video_id}")).json()
    answer = await choose(film, 3.2)
    assert answer.status_code == 202
    assert answer.json()["state"] == VideoState.READY
    held = await make(api, film)
    after = (await film.owner.http.get(f"/v1/videos/{film.video_id}")).json()
    assert await key_of(api, film) == f"{held.prefix}poster.jpg"
    assert after["version"] > before["version"]
    assert (after["state"], len(after["renditions"])) == ("ready", 2)
    [job, _] = (await film.owner.http.get(f"/v1/videos/{film.video_id}/jobs")).json()["items"]
    assert (job["operation"], job["params"], job["state"]) == ("poster", {"at": 3.2}, "succeeded")
    # Another choice: the one before goes.
    await choose(film, 1)
    second = await make(api, film)
    assert await key_of(api, film) == f"{second.prefix}poster.jpg"
    assert f"{held.prefix}poster.jpg" in await removed(api)
    # Made again, the film keeps it; what was made with it waits for when nobody wants to choose.
    jobs = f"/v1/videos/{film.video_id}/jobs"
    assert (await film.owner.http.post(jobs, json={"operation": "transcode"})).status_code == 202
    work = await claim_of(api.services.db, film.video_id)
    made = await publish(api.services.db, api.services.storage, work, "720p")
    assert await key_of(api, film) == f"{second.prefix}poster.jpg"
    answer = await film.owner.http.delete(f"/v1/videos/{film.video_id}/poster")
    assert answer.status_code == 200
    assert await key_of(api, film) == made[-1].s3_key != of_film
    assert f"{second.prefix}poster.jpg" in await removed(api)
    assert (await film.owner.http.delete(f"/v1/videos/{film.video_id}/poster")).status_code == 200


async def test_the_task_knows_the_bytes_of_the_picture(api: Api) -> None:
    film = await complete(api)
    sample, storage = samples()[0], api.services.storage
    # A segment has 2 s; the last one ends at 7.5 s.
    for at, segment, seconds in ((0, 0, 0.0), (2.5, 1, 0.5), (3.99, 1, 1.99), (8.4, 3, 1.44)):
        assert (await choose(film, at)).status_code == 202
        async with api.services.db.autocommit() as connection:
            spec = await connection.scalar(
                select(Task.spec).where(Task.video_id == film.video_id, Task.state == "queued")
            )
        assert spec is not None
        read = [
            b"".join([part async for part in storage.read_range(key, at, at + size - 1, None)])
            for key, at, size in spec["pieces"]
        ]
        assert read == [sample.init, sample.segments[segment]], at
        assert abs(spec["seconds"] - seconds) < 0.06, at


@pytest.mark.parametrize("at", [-0.1, 1e7, "x", None, True, 99])
async def test_a_time_that_is_not_in_the_video_is_refused(api: Api, at: object) -> None:
    film = await complete(api)
    problem(await choose(film, at), 422, "validation_failed")


async def test_what_is_not_made_yet_cannot_be_chosen(api: Api) -> None:
    film = await grow(api)
    problem(await choose(film, 7), 409, "invalid_state")
    assert (await choose(film, 1)).status_code == 202
    video = await uploaded(film.owner)
    answer = await film.owner.http.post(f"/v1/videos/{video['id']}/poster", json={"at": 0})
    problem(answer, 409, "invalid_state")


async def test_the_last_of_several_choices_counts(api: Api) -> None:
    film = await complete(api)
    answers = await asyncio.gather(*(choose(film, at) for at in range(5)))
    assert [answer.status_code for answer in answers] == [202] * 5
    jobs = (await film.owner.http.get(f"/v1/videos/{film.video_id}/jobs")).json()["items"]
    states = [job["state"] for job in jobs if job["operation"] == "poster"]
    assert sorted(states) == [JobState.CANCELLED] * 4 + [JobState.QUEUED]
    # An attempt that is at work when another choice is made publishes nothing.
    held = await claim_of(api.services.db, film.video_id)
    await choose(film, 1)
    with pytest.raises(LeaseLost):
        async with api.services.db.begin() as tx:
            await settle.succeed(tx, held, [])


async def test_it_does_not_touch_a_film_that_is_made_anew(api: Api) -> None:
    film = await complete(api)
    jobs = f"/v1/videos/{film.video_id}/jobs"
    await film.owner.http.post(jobs, json={"operation": "transcode"})
    assert (await choose(film, 1)).status_code == 202
    held = await make(api, film)
    video = (await film.owner.http.get(f"/v1/videos/{film.video_id}")).json()
    assert video["state"] == VideoState.QUEUED
    assert await key_of(api, film) == f"{held.prefix}poster.jpg"


async def test_all_goes_with_the_video(api: Api) -> None:
    film = await complete(api)
    await choose(film, 1)
    await make(api, film)
    await choose(film, 2)
    await film.owner.http.delete(f"/v1/videos/{film.video_id}")
    async with api.services.db.autocommit() as connection:
        assets = await connection.scalars(select(Asset.id).where(Asset.video_id == film.video_id))
        assert not assets.all()
        states = await connection.scalars(select(Job.state).where(Job.video_id == film.video_id))
        assert set(states.all()) <= {JobState.SUCCEEDED, JobState.CANCELLED}


async def test_nobody_else_chooses(api: Api) -> None:
    film, stranger = await complete(api), await new_user(api)
    for video_id in (film.video_id, uuid.uuid4()):
        path = f"/v1/videos/{video_id}/poster"
        problem(await stranger.http.post(path, json={"at": 1}), 404, "not_found")
        problem(await stranger.http.delete(path), 404, "not_found")
