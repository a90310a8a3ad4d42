"""Who watches a film gets small pictures of it, once it is complete."""

from datetime import timedelta
from urllib.parse import urljoin

import httpx
from sqlalchemy import func, update

from control import purges as control_purges
from control.replaced import forget_tracks
from core.model.tables import Purge, Track
from core.videos import purges
from tests.support.app import Api
from tests.support.growing import finish, grow
from tests.support.problems import problem
from tests.support.work import claim_of, publish


async def test_the_list_leads_to_its_sheets(api: Api) -> None:
    growing = await grow(api)
    place = await growing.place()
    async with api.client() as http:
        for name in ("storyboard.vtt", "storyboard/0.jpg"):
            problem(await http.get(f"{place}/{name}"), 404, "not_found")
        await finish(api, growing)
        address = (await growing.ask()).json()["storyboard_url"]
        listed = await http.get(address)
        assert listed.headers["content-type"].startswith("text/vtt")
        assert listed.headers["access-control-allow-origin"] == "*"
        assert listed.headers["cache-control"] == "private, max-age=60"
        assert listed.text.split("\n\n") == [
            "WEBVTT",
            "00:00:00.000 --> 00:00:01.500\nstoryboard/0.jpg#xywh=0,0,160,90",
            "00:00:01.500 --> 00:00:03.000\nstoryboard/0.jpg#xywh=160,0,160,90",
            "00:00:03.000 --> 00:00:04.500\nstoryboard/1.jpg#xywh=0,0,160,90",
            "00:00:04.500 --> 00:00:06.000\nstoryboard/1.jpg#xywh=160,0,160,90\n",
        ]
        again = await http.get(address, headers={"If-None-Match": listed.headers["etag"]})
        assert again.status_code == 304
        led = await http.get(urljoin(address, "storyboard/1.jpg"))
        for wrong in ("2.jpg", "-1.jpg", "x.jpg", "1.png"):
            assert (await http.get(f"{place}/storyboard/{wrong}")).status_code == 404
    assert led.status_code == 307
    async with httpx.AsyncClient(trust_env=False) as store:
        sheet = await store.get(led.headers["location"])
    assert (sheet.content, sheet.headers["content-type"]) == (b"sheet", "image/jpeg")


async def test_who_watches_goes_on_with_it_when_the_film_was_made_anew(api: Api) -> None:
    growing, db = await grow(api), api.services.db
    place = await growing.place()
    await finish(api, growing)
    asked = await growing.owner.http.post(
        f"/v1/videos/{growing.video_id}/jobs", json={"operation": "transcode"}
    )
    assert asked.status_code == 202, asked.text
    await publish(db, api.services.storage, await claim_of(db, growing.video_id), "720p", sheets=2)
    async with db.begin() as tx:  # when its MP4s go
        past = Purge.not_before - purges.LONGEST_URL
        await tx.execute(update(Purge).values(not_before=past))
    await control_purges.purge(db, api.services.storage)
    async with api.client() as http, httpx.AsyncClient(trust_env=False) as store:
        assert (await http.get(f"{place}/storyboard.vtt")).status_code == 200
        led = await http.get(f"{place}/storyboard/1.jpg")
        assert (await store.get(led.headers["location"])).content == b"sheet"
        # It ends with what it belongs to.
        async with db.begin() as tx:
            kept = Track.job_id == growing.work.job_id
            await tx.execute(update(Track).where(kept).values(kept_until=func.now() - timedelta(1)))
        await forget_tracks(db)
        assert (await http.get(f"{place}/storyboard.vtt")).status_code == 404
