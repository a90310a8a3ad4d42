"""Bodies and names that somebody made to break a reader: refused by name, never a fault of ours."""

import gzip
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.support.app import Api, served
from tests.support.people import PASSWORD, Person, new_email, new_user
from tests.support.problems import FIELDS, problem
from tests.support.uploading import BODY, begin, complete, send, uploaded

pytestmark = pytest.mark.thorough("sets of hostile bodies, parameters and names")

JSON = {"Content-Type": "application/json"}
FILM = {"filename": "film.mp4", "size": 1}
MALFORMED, TYPE, INVALID, LARGE = (
    "400 malformed_request", "415 unsupported_media_type", "422 validation_failed",
    "413 payload_too_large",
)  # fmt: skip
Case = tuple[bytes, dict[str, str], str]


def _film(**values: str) -> bytes:
    """JSON of an upload with some values written as no library would."""
    fields = {name: json.dumps(value) for name, value in FILM.items()} | values
    return ("{" + ",".join(f'"{name}":{text}' for name, text in fields.items()) + "}").encode()


BODIES: dict[str, Case] = {
    "10 MB": (b'{"filename":"' + b"x" * 10_000_000 + b'"}', JSON, LARGE),
    "1 MiB and a byte": (b" " * (1024 * 1024 + 1), JSON, LARGE),
    "10,000 lists deep": (b"[" * 10_000 + b"]" * 10_000, JSON, MALFORMED),
    "10,000 objects deep": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, JSON, MALFORMED),
    "deep in an unknown field": (
        _film(more="[" * 10_000 + "]" * 10_000), JSON, MALFORMED,
    ),
    "cut off": (b'{"filename":"film.mp4","si', JSON, MALFORMED),
    "two values": (b"{}{}", JSON, MALFORMED),
    "NaN": (_film(size="NaN"), JSON, INVALID),
    "Infinity": (_film(size="Infinity"), JSON, INVALID),
    "-Infinity": (_film(size="-Infinity"), JSON, INVALID),
    "1e999": (_film(size="1e999"), JSON, INVALID),
    "5000 digits": (_film(size="9" * 5000), JSON, MALFORMED),
    "2^63": (_film(size=str(2**63)), JSON, INVALID),
    "-2^63": (_film(size=str(-(2**63))), JSON, INVALID),
    "a fraction": (_film(size="1.5"), JSON, INVALID),
    "true": (_film(size="true"), JSON, INVALID),
    "a size twice, the last bad": (_film()[:-1] + b',"size":0}', JSON, INVALID),
    "a name that is a list": (_film(filename='["film.mp4"]'), JSON, INVALID),
    "a lone surrogate": (_film(filename='"\\ud800.mp4"'), JSON, INVALID),
    "a NUL": (_film(filename='"a\\u0000.mp4"'), JSON, INVALID),
    "a line break": (_film(filename='"a\\r\\nb.mp4"'), JSON, INVALID),
    "10 kB of name": (_film(filename='"' + "x" * 10_000 + '.mp4"'), JSON, INVALID),
    "Latin-1": ('{"filename":"é.mp4","size":1}'.encode("latin-1"), JSON, MALFORMED),
    "UTF-7 by name": (
        b'{"filename":"+AGY-","size":1}', {"Content-Type": "application/json; charset=utf-7"},
        "422 unsupported_extension",
    ),
    "gzip": (gzip.compress(_film()), {**JSON, "Content-Encoding": "gzip"}, MALFORMED),
    "a form": (b"filename=film.mp4&size=1", {"Content-Type": "application/x-www-form-urlencoded"},
               TYPE),
    "XML": (b"<!DOCTYPE x [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><x>&x;</x>",
            {"Content-Type": "application/xml"}, TYPE),
    "multipart": (b"--x--", {"Content-Type": "multipart/form-data; boundary=x"}, TYPE),
    "two types": (_film(), {"Content-Type": "application/json, text/plain"}, TYPE),
    "null": (b"null", JSON, INVALID),
    "nothing": (b"", JSON, INVALID),
}  # fmt: skip


async def _told(http: httpx.AsyncClient, path: str, case: Case) -> str:
    answer = await http.post(path, content=case[0], headers=case[1])
    if answer.status_code < 400:
        return str(answer.status_code)
    body = answer.json()
    assert set(body) - {"errors"} == FIELDS
    return f"{answer.status_code} {body['code']}"


async def test_every_hostile_body_is_refused_by_name(
    api: Api, figure: Callable[[str, object], None]
) -> None:
    person, wrong = await new_user(api), []
    async with (
        served(api) as address,
        httpx.AsyncClient(
            base_url=address, trust_env=False, headers={"Authorization": f"Bearer {person.token}"}
        ) as http,
    ):
        for name, case in BODIES.items():
            told = await _told(http, "/v1/uploads", case)
            if told != case[2]:
                wrong.append((name, told, case[2]))
        figure("hostile bodies", f"{len(BODIES) - len(wrong)} of {len(BODIES)} refused by name")
        assert not wrong
        # Routes that read their bodies otherwise, or expect none: any refusal, no fault.
        upload = await begin(person)
        for path in (
            f"/v1/uploads/{upload['id']}/parts", "/v1/auth/login", "/v1/auth/register",
            "/v1/auth/refresh", f"/v1/uploads/{upload['id']}/complete",
            f"/v1/videos/{upload['video_id']}/tracks",
        ):  # fmt: skip
            for name, case in BODIES.items():
                assert (await _told(http, path, case))[:1] == "4", (path, name)
        assert (await http.post("/v1/uploads", content=_film(), headers=JSON)).status_code == 201


async def test_what_is_not_read_harms_nobody(api: Api) -> None:
    """A body where none is expected, fields that nobody knows, and a good value given twice."""
    person = await new_user(api)
    assert (await person.http.request("GET", "/v1/me", content=b"[" * 9000)).status_code == 200
    twice = _film()[:-1] + b',"size":2}'
    answer = await person.http.post("/v1/uploads", content=twice, headers=JSON)
    assert answer.json()["size"] == 2
    extra = {**FILM, "user_id": "x", "state": "ready", "__proto__": {}, "s3_key": "x"}
    answer = await person.http.post("/v1/uploads", json=extra)
    assert (answer.status_code, answer.json()["state"]) == (201, "open")


NASTY = [
    "\x00", "a\x00b", "%", "_\\", "'", '"', "\u202e", "\ufffe", "\U0001f3ac", "-1", "1e999",
    "NaN", "null", "[]", "../..", "..%2f", ";", "x" * 6000,
]  # fmt: skip


async def test_no_parameter_of_any_route_breaks_it(
    api: Api, figure: Callable[[str, object], None]
) -> None:
    person, broken, asked = await new_user(api), [], 0
    video = (await uploaded(person))["id"]
    paths: dict[str, dict[str, Any]] = api.app.openapi()["paths"]
    for path, methods in paths.items():
        if "get" not in methods or path.endswith("/events"):
            continue
        for item in methods["get"].get("parameters", ()):
            for value in NASTY:
                names = {"name": "source", "video_id": video, "track": "720p", "first": "0"}
                names |= {"token": "none", "text": "chapters", "number": "0", "share_token": "none"}
                query = {item["name"]: value} if item["in"] == "query" else {}
                if item["in"] == "path":
                    names[item["name"]] = quote(value, "")
                place = path.format(**{"upload_id": video, "job_id": video, **names})
                answer = await person.http.get(place, params=query)
                asked += 1
                # 501 is for a format that is not offered.
                if answer.status_code >= 500 and answer.status_code != 501:
                    broken.append((path, item["name"], value[:9], answer.status_code))
    figure("hostile parameters", f"{asked - len(broken)} of {asked} without a fault")
    assert asked > 100
    assert not broken


NAMES = [
    "../../x.mp4", "..\\..\\x.mp4", "/etc/passwd.mp4", "-i.mp4", "--help.mp4", "v%d.png.mp4",
    "%00.mp4", "\u200f\u200e.mp4", "\ufeff.mp4", "x" * 251 + ".mp4",
    "a|b;c&d$(e)`f`.mp4", "' OR 1=1 --.mp4", "<script>alert(1)</script>.mp4", "${jndi:x}.mp4",
    "{{7*7}}.mp4", "con.mp4", "file:///x.mp4", "concat:a|b.mp4", "船.mp4", "\U0001f3ac.mp4",
]  # fmt: skip


async def test_names_are_text_and_nothing_else(
    api: Api, figure: Callable[[str, object], None]
) -> None:
    person, right = await new_user(api), 0
    for name in NAMES:
        upload = await begin(person, filename=name, title=name)
        await send(person, upload, BODY)
        video = (await complete(person, upload)).json()
        # A title loses its blank ends, of which this is one that nobody sees.
        title = name.removeprefix("\ufeff")
        assert (video["title"], video["source"]["filename"]) == (title, name)
        link = await person.http.get(f"/v1/videos/{video['id']}/download/source")
        assert f"/videos/{video['id']}/source.mp4?" in link.headers["location"]
        found = await person.http.get("/v1/videos", params={"q": name})
        assert [item["id"] for item in found.json()["items"]] == [video["id"]], name
        right += 1
        assert (await person.http.delete(f"/v1/videos/{video['id']}")).status_code == 204
    figure("hostile file names", f"{right} of {len(NAMES)} are text")


@pytest.mark.parametrize("number", [0, -1, 10_001, 2**31, 2**70, 1.5, "x", None, [1]])
async def test_no_other_part_number_is_signed_or_completed(api: Api, number: Any) -> None:
    person = await new_user(api)
    upload = await begin(person)
    place = f"/v1/uploads/{upload['id']}"
    signing = await person.http.post(f"{place}/parts", json={"part_numbers": [number]})
    ending = await person.http.post(
        f"{place}/complete", json={"parts": [{"part_number": number, "etag": "x"}]}
    )
    problem(signing, 422, "validation_failed")
    problem(ending, 422, "validation_failed")


async def test_what_was_aborted_is_not_completed_nor_signed(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person)
    etags = await send(person, upload, BODY)
    assert (await person.http.delete(f"/v1/uploads/{upload['id']}")).status_code == 204
    problem(await complete(person, upload, etags), 409, "invalid_state")
    parts = await person.http.post(f"/v1/uploads/{upload['id']}/parts", json={"part_numbers": [1]})
    problem(parts, 409, "invalid_state")


async def test_no_refusal_repeats_a_password(api: Api) -> None:
    http: httpx.AsyncClient = api.client()
    secret = "correct-horse-battery-staple"
    bodies: list[Any] = [
        {"email": secret, "password": PASSWORD}, {"email": new_email(), "password": [secret]},
        {"email": new_email(), "password": {secret: secret}}, {"password": secret},
        {"email": new_email(), "password": secret * 40}, [secret], secret,
        {"email": new_email(), "password": secret, "client": secret},
    ]  # fmt: skip
    person: Person = await new_user(api)
    for path in ("/v1/auth/register", "/v1/auth/login", "/v1/auth/refresh", "/v1/auth/logout"):
        for body in bodies:
            answer = await http.post(path, json=body)
            assert secret not in answer.text, (path, body)
    answer = await person.http.post("/v1/auth/refresh", json={"refresh_token": [person.token]})
    assert person.token not in problem(answer, 422, "validation_failed")["detail"]
