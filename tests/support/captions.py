"""Captions and chapters of videos."""

import json
import uuid
from typing import Any

import httpx
from sqlalchemy import insert

from core.model.ids import new_id
from core.model.states import TextKind
from core.model.tables import TextTrack
from tests.support.app import Api
from tests.support.people import Person, new_user
from tests.support.uploading import uploaded

VTT = "WEBVTT\n\n00:01.000 --> 00:02.500\nGood morning.\n"
# With markup that is not kept, and as it is written anew.
SRT = "1\n00:00:01,000 --> 00:00:02,500\n<b>Good</b> <script>morning</script>\n"
WRITTEN = (
    "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<b>Good</b> &lt;script&gt;morning&lt;/script&gt;\n"
)


async def ask(person: Person, video_id: object, key: str = "", **asked: Any) -> httpx.Response:
    """Ask for captions to be added, under an idempotency key if one is given."""
    body = {"kind": "text", "language": "de", "text": VTT, **asked}
    headers = {"Idempotency-Key": key} if key else {}
    # As many clients write JSON: all in ASCII.
    return await person.http.post(
        f"/v1/videos/{video_id}/tracks",
        content=json.dumps(body),
        headers={"Content-Type": "application/json", **headers},
    )


async def add(person: Person, video_id: object, **asked: Any) -> dict[str, Any]:
    """Add captions as a client does, and return them."""
    answer = await ask(person, video_id, **asked)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def listed(person: Person, video_id: object, **query: Any) -> list[dict[str, Any]]:
    """Return a page of the captions of a video."""
    answer = await person.http.get(f"/v1/videos/{video_id}/tracks", params=query)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def film_of(api: Api) -> tuple[Person, str]:
    """Return somebody who has uploaded a film, and its id."""
    person = await new_user(api)
    return person, str((await uploaded(person))["id"])


async def of_file(
    api: Api, video_id: uuid.UUID, job_id: uuid.UUID, kind: TextKind, **more: Any
) -> uuid.UUID:
    """Have a job have found a text in the file of a video; return its id."""
    key = f"videos/{video_id}/{job_id}/{new_id()}.vtt"
    await api.services.storage.put(key, VTT.encode(), "text/vtt; charset=utf-8")
    row = {
        "id": new_id(), "video_id": video_id, "job_id": job_id, "kind": kind, "s3_key": key,
        "size": len(VTT), "is_default": False, "is_forced": False, **more,
    }  # fmt: skip
    async with api.services.db.begin() as tx:
        await tx.execute(insert(TextTrack).values(**row))
    return uuid.UUID(str(row["id"]))
