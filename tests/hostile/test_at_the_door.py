"""What the API does about hostile files: it refuses the empty, and serves no page inline."""

import httpx
import pytest

from tests.hostile.maker import Maker
from tests.hostile.table import hostile_files
from tests.support.app import Api
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.uploading import get, uploaded

POLYGLOTS = ("html-then-mp4", "mp4-with-html", "html-in-ftyp", "svg-http", "elf", "zip")


async def test_nothing_cannot_be_uploaded(api: Api) -> None:
    person = await new_user(api)
    asked = {"filename": "film.mp4", "size": 0}
    problem(await person.http.post("/v1/uploads", json=asked), 422, "validation_failed")


@pytest.mark.parametrize("name", ["film.html", "film.svg", "film.m3u8", "film", "film.mp4.sdp"])
async def test_a_name_that_is_no_films_cannot_be_uploaded(api: Api, name: str) -> None:
    person = await new_user(api)
    answer = await person.http.post("/v1/uploads", json={"filename": name, "size": 9})
    assert answer.status_code == 422


@pytest.mark.parametrize("name", POLYGLOTS)
async def test_a_source_is_never_served_inline(api: Api, maker: Maker, name: str) -> None:
    """A browser saves it, whatever is in it, and is not told that it is a page."""
    (each,) = (file for file in hostile_files() if file.name == name)
    person = await new_user(api)
    body = each.make(maker)
    video = await uploaded(person, body, filename=each.file_name)
    asked = await person.http.get(f"/v1/videos/{video['id']}/download/source")
    assert asked.status_code == 307
    saved = await get(asked.headers["location"])
    assert saved.content == body
    assert saved.headers["content-disposition"].startswith("attachment;")
    assert saved.headers["content-type"] == "video/mp4"
    # What makes it an attachment is signed: the address is good for nothing else.
    plain = httpx.URL(asked.headers["location"])
    inline = plain.copy_remove_param("response-content-disposition")
    assert (await get(str(inline))).status_code == 403
