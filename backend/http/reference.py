"""The OpenAPI document as one page for people: no script, nothing from anywhere else.

It lies on the origin that holds the refresh cookie, so its policy lets nothing run and nothing load
but the one style sheet in it, which is known by its hash.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_STYLE = """
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}
body{max-width:60rem;margin:0 auto;padding:1rem 1.5rem 4rem}
code,pre{font:.875rem/1.5 ui-monospace,monospace}
pre{overflow-x:auto;padding:.75rem;border:1px solid #8886;border-radius:.25rem}
nav ul{list-style:none;padding:0}
section{border-top:1px solid #8886;margin-top:2rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0}
td,th{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0}
tr{border-bottom:1px solid #8883}
.scroll{overflow-x:auto}
:target{outline:2px solid Highlight;outline-offset:.5rem}
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_GUARDS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
}
_CODE = re.compile(r"`([^`]+)`")


def reference_route(app: FastAPI) -> Route:
    """Return the route of the page that describes an app; it is no part of the document."""
    written: list[str] = []

    async def reference(_request: Request) -> Response:
        if not written:
            written.append(page(app.openapi()))
        return HTMLResponse(written[0], headers=_GUARDS)

    return Route("/docs", reference, include_in_schema=False)


def page(document: dict[str, Any]) -> str:
    """Return an OpenAPI document as HTML. Pure."""
    info = document["info"]
    body = "".join(
        (
            f"<h1>{escape(info['title'])}</h1>",
            *(f"<p>{_text(part)}</p>" for part in info.get("description", "").split("\n\n")),
            '<p>For machines: <a href="/openapi.json">openapi.json</a></p>',
            _contents(document),
            *(_operation(document, *each) for each in _operations(document)),
            '<h2 id="schemas">Schemas</h2>',
            *(
                _schema(name, schema)
                for name, schema in sorted(document["components"]["schemas"].items())
            ),
        )
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>"
    )


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _contents(document: dict[str, Any]) -> str:
    tags: dict[str, list[str]] = {}
    for method, path, operation in _operations(document):
        entry = (
            f'<li><a href="#{escape(operation["operationId"])}"><code>{method} {escape(path)}'
            f"</code></a> {_text(operation['summary'])}</li>"
        )
        tags.setdefault((operation.get("tags") or ["other"])[0], []).append(entry)
    lists = (f"<h2>{escape(tag)}</h2><ul>{''.join(each)}</ul>" for tag, each in tags.items())
    return f'<nav aria-label="Operations">{"".join(lists)}</nav>'


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    fields = [
        (item["name"], item["schema"], item.get("required", False), item.get("description", ""))
        for item in operation.get("parameters", ())
    ]
    answers = [
        (escape(status), _text(answer["description"]), _content(answer))
        for status, answer in sorted(operation["responses"].items())
    ]
    known = "Needs an access token." if operation.get("security") else "Needs no access token."
    parts = (
        f'<section id="{escape(operation["operationId"])}">',
        f"<h3><code>{method} {escape(path)}</code> {_text(operation['summary'])}</h3>",
        *(f"<p>{_text(part)}</p>" for part in operation.get("description", "").split("\n\n")),
        f"<p>{known}</p>",
        _fields("Parameter", fields),
        f"<p>Body: {_content(operation['requestBody'])}</p>" if "requestBody" in operation else "",
        _table(("Answer", "", "Body"), answers),
        f"<pre>{escape(_example(document, method, path, operation))}</pre>",
        "</section>",
    )
    return "".join(parts)


def _schema(name: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    fields = [
        (field, described, field in required, described.get("description", ""))
        for field, described in schema.get("properties", {}).items()
    ]
    kind = _fields("Field", fields) if fields else f"<p>{_type(schema)}</p>"
    said = f"<p>{_text(schema['description'])}</p>" if "description" in schema else ""
    return f'<section id="schema-{escape(name)}"><h3>{escape(name)}</h3>{said}{kind}</section>'


def _fields(kind: str, fields: list[tuple[str, dict[str, Any], bool, str]]) -> str:
    rows = [
        (
            f"<code>{escape(name)}</code>",
            _type(schema),
            "required" if required else "",
            _text(said),
        )
        for name, schema, required, said in fields
    ]
    return _table((kind, "Type", "", ""), rows) if rows else ""


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        '<div class="scroll" tabindex="0" role="group" aria-label="Table">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _content(holder: dict[str, Any]) -> str:
    """Describe the body of a request or an answer."""
    kinds = [
        f"<code>{escape(kind)}</code> {_type(content.get('schema') or {})}"
        for kind, content in holder.get("content", {}).items()
    ]
    return ", ".join(kinds)


def _type(schema: dict[str, Any]) -> str:
    """Describe a type in a few words, with links to what has a name."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(_type(each) for each in schema[several])
    if "enum" in schema:
        return " or ".join(f"<code>{escape(json.dumps(each))}</code>" for each in schema["enum"])
    if "const" in schema:
        return f"<code>{escape(json.dumps(schema['const']))}</code>"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    kind = " ".join(filter(None, (schema.get("format"), schema.get("type"))))
    bounds = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "from"), ("maximum", "to"), ("minLength", "of at least"),
            ("maxLength", "of at most"),
        )
        if key in schema
    ]  # fmt: skip
    return escape(" ".join((kind, *bounds)))


def _example(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    """Return the call as a line for a shell."""
    words = ["curl"] if method == "GET" else ["curl", "-X", method]
    words.append(f'"$API{path}"')
    if operation.get("security"):
        words.append('-H "Authorization: Bearer $TOKEN"')
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if content:
        body = json.dumps(_sample(document, content["schema"])).replace("'", "'\\''")
        words.append(f"--json '{body}'")
    return " ".join(words)


def _sample(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Return a value of a schema: its example, or the least that it allows."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _sample(document, document["components"]["schemas"][name])
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if "anyOf" in schema:
        return _sample(document, schema["anyOf"][0])
    if "properties" in schema:
        required = schema.get("required", ())
        return {
            name: _sample(document, each)
            for name, each in schema["properties"].items()
            if name in required
        }
    if schema.get("type") == "array":
        return [_sample(document, schema.get("items", {}))]
    return {"integer": 1, "number": 1, "boolean": True}.get(schema.get("type", ""), "…")


def _text(text: str) -> str:
    """Escape a text; what stands between backticks is code."""
    return _CODE.sub(r"<code>\1</code>", escape(text))
