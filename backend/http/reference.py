"""`/docs`: the OpenAPI document as one page, without scripts.

The page has the same origin as the refresh cookie. So its policy allows only its one style sheet,
by its hash, and no script.
"""

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from jinja2 import ChainableUndefined, Environment, PackageLoader
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_STYLE = Path(__file__).with_name("reference.css").read_text(encoding="utf-8")
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_GUARDS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
}


def reference_route(app: FastAPI) -> Route:
    """Return the route of the page that describes an app; it is no part of the document."""
    written = cache(lambda: page(app.openapi()))

    async def reference(_request: Request) -> Response:
        return HTMLResponse(written(), headers=_GUARDS)

    return Route("/docs", reference, include_in_schema=False)


def page(document: dict[str, Any]) -> str:
    """Return an OpenAPI document as HTML. Pure."""
    pages = Environment(
        loader=PackageLoader("backend.http", ""), autoescape=True, undefined=ChainableUndefined
    )
    pages.filters |= {"json": json.dumps, "prose": _prose}
    operations = [
        {
            **operation,
            "method": method.upper(),
            "path": path,
            "tag": (operation.get("tags") or ["other"])[0],
            "example": _example(document, method.upper(), path, operation),
        }
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return pages.get_template("reference.html").render(
        document=document,
        operations=operations,
        style=Markup(_STYLE),  # noqa: S704 - our own
    )


def _prose(text: str) -> Markup:
    """Escape a text; what stands between backticks is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S704 - escaped


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
