"""Films that are being made, and can be watched meanwhile."""

import uuid
from dataclasses import dataclass
from typing import Any

import httpx

from core.tasks.claim import Work
from core.tasks.spans import NewTrack
from tests.support.app import Api
from tests.support.people import Person, new_user
from tests.support.sample_film import begin, film, go_on
from tests.support.uploading import uploaded
from tests.support.work import claim_of, planned, publish


@dataclass(frozen=True)
class Growing:
    """A film that is being made, with two segments of each track."""

    owner: Person
    video_id: uuid.UUID
    work: Work
    tracks: list[NewTrack]

    async def ask(self, **wanted: Any) -> httpx.Response:
        """Ask for addresses to watch it at."""
        return await self.owner.http.post(f"/v1/videos/{self.video_id}/playback", json=wanted)

    async def place(self) -> str:
        """Return the address of a token, up to the names of lists."""
        answer = await self.ask()
        assert answer.status_code == 201, answer.text
        return str(answer.json()["hls_url"]).removesuffix("/master.m3u8")


async def grow(api: Api, owner: Person | None = None) -> Growing:
    """Begin to make a film, of two segments of each track, that can be watched."""
    owner = owner or await new_user(api)
    video_id = uuid.UUID((await uploaded(owner))["id"])
    db, storage = api.services.db, api.services.storage
    work = await planned(db, await claim_of(db, video_id))
    tracks = await begin(db, storage, work, film(), 2)
    return Growing(owner, video_id, work, tracks)


async def finish(api: Api, growing: Growing) -> None:
    """Make the rest of a film and publish it."""
    db, storage = api.services.db, api.services.storage
    await go_on(db, storage, growing.work, film(), growing.tracks, 2)
    await publish(db, storage, growing.work, "720p", "480p", sheets=2)
