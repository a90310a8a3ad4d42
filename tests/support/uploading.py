"""Uploads as a client makes them."""

from collections.abc import Collection
from typing import Any

import httpx

from tests.support.people import Person

BODY = bytes(range(256)) * 16  # 4 KiB; no film, but no test of the API needs one


async def begin(person: Person, size: int = len(BODY), **more: Any) -> dict[str, Any]:
    """Begin an upload and return it."""
    asked = {"filename": "film.mp4", "size": size, **more}
    answer = await person.http.post("/v1/uploads", json=asked)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def sign(person: Person, upload: dict[str, Any], *numbers: int) -> list[dict[str, Any]]:
    """Return the signed parts."""
    answer = await person.http.post(
        f"/v1/uploads/{upload['id']}/parts", json={"part_numbers": numbers}
    )
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["parts"]
    return found


async def put(url: str, body: bytes) -> httpx.Response:
    """PUT bytes to a presigned URL."""
    # The stores of tests speak plain HTTP: reading certificates would take longer than the PUT.
    async with httpx.AsyncClient(verify=False, trust_env=False, timeout=30) as plain:
        return await plain.put(url, content=body)


async def get(url: str, **headers: str) -> httpx.Response:
    """GET a presigned URL."""
    async with httpx.AsyncClient(verify=False, trust_env=False, timeout=30) as plain:
        return await plain.get(url, headers=headers)


async def send(
    person: Person, upload: dict[str, Any], body: bytes, only: Collection[int] | None = None
) -> dict[int, str]:
    """Sign and PUT the parts of an upload, all or some; return their ETags by number."""
    numbers = sorted(only or range(1, upload["part_count"] + 1))
    etags = {}
    for part in await sign(person, upload, *numbers):
        first = (part["part_number"] - 1) * upload["part_size"]
        answer = await put(part["url"], body[first : first + part["size"]])
        assert answer.status_code == 200, answer.text
        etags[part["part_number"]] = answer.headers["etag"]
    return etags


async def complete(
    person: Person, upload: dict[str, Any], etags: dict[int, str] | None = None
) -> httpx.Response:
    """Complete an upload, naming the parts or not."""
    named = etags and [
        {"part_number": number, "etag": etag} for number, etag in sorted(etags.items())
    ]
    return await person.http.post(
        f"/v1/uploads/{upload['id']}/complete", json={"parts": named} if named else None
    )


async def uploaded(person: Person, body: bytes = BODY, **more: Any) -> dict[str, Any]:
    """Upload bytes from beginning to end and return the queued video."""
    upload = await begin(person, len(body), **more)
    await send(person, upload, body)
    answer = await complete(person, upload)
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found
