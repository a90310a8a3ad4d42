"""Every error is a problem with all its fields."""

import json
import uuid
from typing import Any

import pytest

from tests.support.app import Api, StartApi
from tests.support.people import new_user
from tests.support.problems import problem
from tests.support.uploading import begin

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/v1/videos/x/y/z", "/v2/videos"])
async def test_an_unknown_address_is_not_found(api: Api, path: str) -> None:
    problem(await (await new_user(api)).http.get(path), 404, "not_found")


@pytest.mark.parametrize("video_id", ["x", "1", f"{uuid.UUID(int=7)}0", "%00", "..%2F..", "é"])
async def test_an_id_that_cannot_be_is_not_found(api: Api, video_id: str) -> None:
    http = (await new_user(api)).http
    problem(await http.get(f"/v1/videos/{video_id}"), 404, "not_found")
    problem(await http.delete(f"/v1/videos/{video_id}"), 404, "not_found")
    wanted = {"part_numbers": [1]}
    problem(await http.post(f"/v1/uploads/{video_id}/parts", json=wanted), 404, "not_found")


async def test_a_method_that_is_not_known_is_refused(api: Api) -> None:
    answer = await (await new_user(api)).http.put(f"/v1/videos/{uuid.uuid4()}", json={})
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"", b"\xff\xfe", b'{"filename": "\xff"}', b"[" * 10_000, b"nul", b"{'a': 1}"],
)
async def test_a_body_that_is_no_json_is_malformed(api: Api, body: bytes) -> None:
    person = await new_user(api)
    answer = await person.http.post("/v1/uploads", content=body, headers=JSON)
    if body == b"":  # no body at all, where there must be one
        problem(answer, 422, "validation_failed")
        return
    problem(answer, 400, "malformed_request")


@pytest.mark.parametrize("body", [b"null", b"[]", b'"x"', b"7", b'{"size": NaN, "filename": 1}'])
async def test_json_of_another_shape_is_refused(api: Api, body: bytes) -> None:
    person = await new_user(api)
    upload = await begin(person)
    for path in ("/v1/uploads", f"/v1/uploads/{upload['id']}/parts"):
        answer = await person.http.post(path, content=body, headers=JSON)
        [*_, found] = problem(answer, 422, "validation_failed")["errors"]
        if body in (b"[]", b'"x"', b"7"):
            assert (found["pointer"], found["message"]) == ("/body", "This must be a JSON object.")


async def test_a_body_that_says_to_be_large_is_refused_unread(api: Api) -> None:
    answer = await api.client().post("/v1/auth/login", content=b"x" * 10_000_000, headers=JSON)
    problem(answer, 413, "payload_too_large")


async def test_a_body_that_turns_out_to_be_large_is_refused(api: Api) -> None:
    async def chunks() -> Any:
        for _ in range(20):
            yield b" " * 100_000

    answer = await api.client().post("/v1/auth/login", content=chunks(), headers=JSON)
    problem(answer, 413, "payload_too_large")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
async def test_another_type_than_json_is_refused(api: Api, kind: str) -> None:
    body = json.dumps({"email": "a@example.com", "password": "x"}).encode()
    answer = await api.client().post("/v1/auth/login", content=body, headers={"Content-Type": kind})
    problem(answer, 415, "unsupported_media_type")


async def test_json_may_name_its_charset(api: Api) -> None:
    answer = await api.client().post(
        "/v1/auth/login",
        content=b'{"email": "a@example.com", "password": "x"}',
        headers={"Content-Type": "Application/JSON; charset=utf-8"},
    )
    problem(answer, 401, "invalid_credentials")


async def test_all_wrong_fields_are_named_at_once(api: Api) -> None:
    person = await new_user(api)
    answer = await person.http.post("/v1/uploads", json={"filename": 7, "title": ""})
    found = problem(answer, 422, "validation_failed")
    assert {item["pointer"] for item in found["errors"]} == {"/filename", "/size", "/title"}
    assert all(set(item) == {"pointer", "code", "message"} for item in found["errors"])


async def test_a_pointer_leads_into_lists(api: Api) -> None:
    person = await new_user(api)
    answer = await person.http.post(
        f"/v1/uploads/{uuid.uuid4()}/complete",
        json={"parts": [{"part_number": 1, "etag": "x"}, {"part_number": 0}]},
    )
    found = problem(answer, 422, "validation_failed")
    assert [item["pointer"] for item in found["errors"]] == [
        "/parts/1/part_number", "/parts/1/etag",
    ]  # fmt: skip


async def test_an_option_that_no_job_has_is_named(api: Api) -> None:
    person = await new_user(api)
    upload = await begin(person)
    jobs = f"/v1/videos/{upload['video_id']}/jobs"
    for wrong, pointer in (({"parms": {}}, "/parms"), ({"params": {"x": 1}}, "/params/x")):
        answer = await person.http.post(jobs, json={"operation": "transcode", **wrong})
        assert problem(answer, 422, "validation_failed")["errors"] == [
            {"pointer": pointer, "code": "extra_forbidden", "message": "This field is not known."}
        ]


async def test_a_fault_of_ours_tells_nothing_of_the_inside(start_api: StartApi) -> None:
    api = await start_api()

    async def broken() -> None:
        raise RuntimeError("a secret of the house")

    api.app.add_api_route("/broken", broken)
    answer = await api.client().get("/broken")
    problem(answer, 500, "internal_error")
    assert "secret" not in answer.text


async def test_a_request_keeps_the_id_it_came_with_when_that_is_harmless(api: Api) -> None:
    http = api.client()
    kept = await http.get("/v1/me", headers={"X-Request-ID": "trace-7.a_B"})
    assert problem(kept, 401, "token_missing")["request_id"] == "trace-7.a_B"
    for bad in ("x" * 65, "a b", "a\tb", '"', "<script>"):
        other = await http.get("/v1/me", headers={"X-Request-ID": bad})
        assert problem(other, 401, "token_missing")["request_id"] not in (bad, "")
    ids = {(await http.get("/healthz")).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


async def test_every_answer_is_guarded(api: Api) -> None:
    for path in ("/healthz", "/v1/me", "/nothing"):
        headers = (await api.client().get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers.get_list("cache-control") == ["no-store"]
        assert headers["referrer-policy"] == "no-referrer"


async def test_only_named_pages_may_read_answers(api: Api) -> None:
    own = api.settings.allowed_origins[0]
    elsewhere = await api.client().get("/v1/me")
    assert "access-control-allow-origin" not in elsewhere.headers
    for origin, allowed in ((own, own), ("https://evil.example", None)):
        preflight = await api.client().options(
            "/v1/uploads",
            headers={"Origin": origin, "Access-Control-Request-Method": "POST"},
        )
        assert preflight.headers.get("access-control-allow-origin") == allowed
        answer = await api.client().get("/v1/me", headers={"Origin": origin})
        problem(answer, 401, "token_missing")
        assert answer.headers.get("access-control-allow-origin") == allowed
