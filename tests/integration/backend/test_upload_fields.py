"""What is said of a file when its upload begins: names, titles and sizes, good and bad."""

from typing import Any

import pytest

from core.uploads.multipart import MIB
from tests.support.app import Api, StartApi
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.uploading import begin, sign


@pytest.mark.parametrize("name", ["film.exe", "notes.txt", "film", ".mp4", "film.mp4.sh", "mp4"])
async def test_only_kinds_of_films_are_taken(api: Api, name: str) -> None:
    person = await new_user(api)
    answer = await person.http.post("/v1/uploads", json={"filename": name, "size": 1})
    problem(answer, 422, "unsupported_extension")


async def test_a_refused_kind_is_named(api: Api) -> None:
    person = await new_user(api)
    answer = await person.http.post("/v1/uploads", json={"filename": "notes.TXT", "size": 1})
    assert answer.json()["detail"] == (
        ".txt files are not supported. Upload a film or a sound, such as "
        ".mp4 .mov .mkv .webm .avi .mp3 .m4a .wav"
    )


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"filename": "film.mp4", "size": 0}, "/size"),
        ({"filename": "film.mp4", "size": -1}, "/size"),
        ({"filename": "film.mp4", "size": 1.5}, "/size"),
        ({"filename": "film.mp4", "size": "1"}, "/size"),
        ({"filename": "film.mp4", "size": 2**64}, "/size"),
        ({"filename": "film.mp4"}, "/size"),
        ({"filename": "", "size": 1}, "/filename"),
        ({"filename": "a\x00b.mp4", "size": 1}, "/filename"),
        ({"filename": "x" * 10_000 + ".mp4", "size": 1}, "/filename"),
        ({"filename": "film.mp4", "size": 1, "title": "  "}, "/title"),
        ({"filename": "film.mp4", "size": 1, "title": "\u200b\u3164\ufe0f"}, "/title"),
        ({"filename": "film.mp4", "size": 1, "title": "\u202e\u2066"}, "/title"),
    ],
)
async def test_a_wrong_field_is_named(api: Api, body: dict[str, Any], pointer: str) -> None:
    person = await new_user(api)
    answer = await person.http.post("/v1/uploads", json=body)
    found = problem(answer, 422, "validation_failed")
    assert [item["pointer"] for item in found["errors"]] == [pointer]
    assert all(item["message"] and item["code"] for item in found["errors"])


async def test_an_empty_file_is_refused_in_a_sentence(api: Api) -> None:
    person = await new_user(api)
    answer = await person.http.post("/v1/uploads", json={"filename": "film.mp4", "size": 0})
    found = problem(answer, 422, "validation_failed")
    assert found["detail"] == "The file is empty. Choose another one."


async def test_a_title_loses_what_turns_text_round_and_blank_ends(api: Api) -> None:
    person = await new_user(api)
    title = "\u200b\u2067Ufer\u202d 2\u2800\ufeff"
    upload = await begin(person, filename="\u202etxt.exe\u202c.mp4", title=title)
    video = (await person.http.get(f"/v1/videos/{upload['video_id']}")).json()
    assert (upload["filename"], video["title"]) == ("txt.exe.mp4", "Ufer 2")


@pytest.mark.parametrize(
    "title",
    [
        "می\u200cخواهم",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "שלום\u200f!",
        "❤️",
        "\U0001fae9",
    ],
)
async def test_a_title_keeps_what_its_script_needs(api: Api, title: str) -> None:
    person = await new_user(api)
    upload = await begin(person, title=title)
    video = (await person.http.get(f"/v1/videos/{upload['video_id']}")).json()
    assert video["title"] == title


@pytest.mark.parametrize("name", ["../../x.mp4", "-i.mp4", "v%d.png.mp4", "船.ts.mp4"])
async def test_a_name_is_text_and_reaches_no_key(api: Api, name: str) -> None:
    person = await new_user(api)
    upload = await begin(person, filename=name)
    assert upload["filename"] == name
    [part] = await sign(person, upload, 1)
    assert f"/videos/{upload['video_id']}/source.mp4?" in part["url"]


async def test_a_file_may_be_as_large_as_allowed_and_no_larger(start_api: StartApi) -> None:
    api = await start_api(upload_max_bytes="20MiB")
    person = await new_user(api)
    await begin(person, 20 * MIB)
    answer = await person.http.post(
        "/v1/uploads", json={"filename": "film.mp4", "size": 20 * MIB + 1}
    )
    body = problem(answer, 413, "file_too_large")
    assert "20.0MiB" in body["detail"]
