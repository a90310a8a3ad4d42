"""Who watches a film gets small pictures of it, once it is complete."""

from urllib.parse import urljoin

import httpx

from tests.support.app import Api
from tests.support.growing import finish, grow
from tests.support.problems import problem


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
