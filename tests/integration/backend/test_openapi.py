"""The document that clients are made from says what the API does."""

from typing import Any

import pytest

from tests.support.app import Api
from tests.support.problems import FIELDS

OPEN = {f"/v1/auth/{word}" for word in ("registration", "register", "login", "refresh", "logout")}


def is_open(path: str) -> bool:
    """Tell whether a route needs no access token: its address has a token of its own, or none."""
    return path in OPEN or path.startswith(("/v1/playback/", "/v1/shares/", "/v1/oembed"))


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    found: dict[str, Any] = api.app.openapi()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


async def test_it_is_served_with_a_page(api: Api) -> None:
    answer = await api.client().get("/openapi.json")
    assert answer.json()["info"]["title"] == "Framemill"
    assert (await api.client().get("/docs")).headers["content-type"].startswith("text/html")


def test_every_route_documents_its_errors(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        if not path.startswith("/v1"):
            continue
        said = set(operation["responses"])
        due = {"500", "503"}
        if not is_open(path):
            due |= {"401"}
        if "{" in path:
            due |= {"404"}
        if "requestBody" in operation:
            due |= {"400", "413", "415", "422"}
        if [item for item in operation.get("parameters", ()) if item["in"] == "query"]:
            due |= {"422"}
        assert due <= said, (method, path, due - said)
        for status in said - {"200", "201", "202", "204", "304", "307"}:
            content = operation["responses"][status]["content"]
            assert list(content) == ["application/problem+json"], (method, path, status)
            schema = content["application/problem+json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Problem"}


def test_every_route_says_what_it_does_and_who_may(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        assert operation["summary"], (method, path)
        if path.startswith("/v1"):
            assert operation["description"], (method, path)
            known = operation.get("security") == [{"AccessToken": []}]
            assert known is not is_open(path), (method, path)


def test_operations_have_short_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert {"list_videos", "get_video", "sign_parts", "get_limits", "follow_all"} <= set(names)
    assert not [name for name in names if "v1" in name]


def test_each_shape_has_one_name(document: dict[str, Any]) -> None:
    assert not [name for name in document["components"]["schemas"] if "-" in name]


@pytest.mark.parametrize("name", ["VideoItem", "SourceItem", "RenditionItem", "JobItem"])
def test_what_is_always_told_is_promised(document: dict[str, Any], name: str) -> None:
    schema = document["components"]["schemas"][name]
    assert set(schema["required"]) == set(schema["properties"])


@pytest.mark.parametrize("path", ["/v1/events", "/v1/videos/{video_id}/events"])
def test_what_streams_tell_is_described(document: dict[str, Any], path: str) -> None:
    content = document["paths"][path]["get"]["responses"]["200"]["content"]
    kinds = content["text/event-stream"]["itemSchema"]["oneOf"]
    told = {
        kind["properties"]["event"]["const"]: kind["properties"]["data"]["contentSchema"]["$ref"]
        for kind in kinds
    }
    assert told == {
        "video": "#/components/schemas/VideoItem",
        "deleted": "#/components/schemas/DeletedVideo",
    }


def test_a_problem_has_the_fields_of_the_contract(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["Problem"]
    assert set(schema["properties"]) == FIELDS | {"errors"}
    assert set(schema["required"]) == FIELDS
    assert "default" not in schema["properties"]["errors"]  # left out, never null


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    names = set(document["components"]["schemas"])

    def references(value: Any) -> set[str]:
        if isinstance(value, dict):
            own = {value["$ref"].rpartition("/")[2]} if "$ref" in value else set()
            return own.union(*(references(item) for item in value.values()), set())
        if isinstance(value, list):
            return set().union(*(references(item) for item in value))
        return set()

    used = references(document)
    assert used <= names
    assert names <= used


def test_what_a_client_must_fill_in_has_an_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for method, path, operation in operations(document):
        if "requestBody" not in operation:
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        names = [item["$ref"] for item in schema.get("anyOf", [schema]) if "$ref" in item]
        for name in names:
            found = schemas[name.rpartition("/")[2]]
            for field in found.get("required", ()):
                described = found["properties"][field]
                told = {"examples", "const", "enum", "$ref"} & set(described)
                assert told, f"{method} {path}: {field} has no example"
