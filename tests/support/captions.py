"""Captions and chapters of videos."""

import uuid
from typing import Any

from sqlalchemy import insert

from core.model.ids import new_id
from core.model.states import TextKind
from core.model.tables import TextTrack
from tests.support.app import Api
from tests.support.people import Person

VTT = "WEBVTT\n\n00:01.000 --> 00:02.500\nGood morning.\n"


async def add(person: Person, video_id: object, **asked: Any) -> dict[str, Any]:
    """Add captions as a client does, and return them."""
    body = {"kind": "text", "language": "de", "text": VTT, **asked}
    answer = await person.http.post(f"/v1/videos/{video_id}/tracks", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


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
