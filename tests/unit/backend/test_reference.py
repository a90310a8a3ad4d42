"""The page that describes the API is made of its document, and nothing in it is more than text."""

import json
import re

from backend.http.document import written
from backend.http.reference import page


def test_every_operation_and_every_shape_is_described() -> None:
    document = json.loads(written())
    text = page(document)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert f'<section id="{operation["operationId"]}">' in text
            assert f"<code>{method.upper()} {path}</code>" in text
    for name in document["components"]["schemas"]:
        assert f'<section id="schema-{name}">' in text
    links = set(re.findall(r'href="#([^"]+)"', text))
    assert links <= set(re.findall(r'id="([^"]+)"', text))


def test_nothing_in_it_runs_or_comes_from_elsewhere() -> None:
    text = page(json.loads(written()))
    assert not re.search(r"<script|<img|<link|<iframe|style=|\son\w+=|https?://", text)


def test_what_a_document_says_is_text() -> None:
    evil = "<script>alert(1)</script>"
    document = {
        "info": {"title": evil, "description": evil},
        "paths": {
            f"/{evil}": {
                "get": {
                    "operationId": f'"{evil}',
                    "summary": evil,
                    "description": f"`{evil}`",
                    "parameters": [{"name": evil, "schema": {"enum": [evil]}, "description": evil}],
                    "responses": {"200": {"description": evil, "content": {evil: {"schema": {}}}}},
                }
            }
        },
        "components": {
            "schemas": {evil: {"description": evil, "properties": {evil: {"type": evil}}}}
        },
    }
    assert "<script" not in page(document)
