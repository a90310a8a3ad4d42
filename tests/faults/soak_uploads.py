"""The users of a soak: they upload, change their minds, and know what they asked for."""

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.faults import soak_plan
from tests.faults.person import Person
from tests.faults.soak_plan import Wish
from tests.faults.world import World

_AT_ONCE = 8
_AGAIN = 20  # uploads that are begun anew, and parts that are sent again
_OVER = {404, 409, 422}  # this upload is over, or is not what was declared: begin another one


@dataclass
class Uploads:
    """What the users have done so far.

    Attributes:
        world: where.
        person: who; all have one account.
        wills: the states that an acknowledged video may end in.
        abandoned: uploads that nobody completes.
        given_up: videos whose upload was begun anew because it did not come through, or seemed so.
        notes: what users met that is worth telling.
    """

    world: World
    person: Person
    wills: dict[uuid.UUID, set[str]] = field(default_factory=dict)
    abandoned: list[uuid.UUID] = field(default_factory=list)
    given_up: set[uuid.UUID] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    async def make(self, wishes: tuple[Wish, ...]) -> None:
        """Have every wish come about."""
        began = time.monotonic()
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(wish: Wish) -> None:
            await asyncio.sleep(max(0.0, began + wish.at_s - time.monotonic()))
            async with gate:
                await self._one(wish)

        await asyncio.gather(*map(one, wishes))

    async def _one(self, wish: Wish) -> None:
        clip = self.world.clips.slow if wish.long else self.world.clips.quick
        if wish.does == soak_plan.ABANDONS:
            upload = await self._declare(clip)
            self.abandoned.append(uuid.UUID(upload["id"]))
            return
        video_id = await self._upload(clip)
        self.wills[video_id] = {"ready"}
        await asyncio.sleep(wish.after_s)
        if wish.does == soak_plan.DELETES:
            self.wills[video_id] = {"deleted"}
            await self.person.ask("DELETE", f"/v1/videos/{video_id}", fine={404})
        elif wish.does in (soak_plan.CANCELS, soak_plan.WANTS_AGAIN):
            await self._cancel(video_id)
        if wish.does == soak_plan.WANTS_AGAIN:
            await self.person.ask("POST", f"/v1/videos/{video_id}/retry", fine={409})
            self.wills[video_id] = {"ready"}  # refused only where it was ready, or is on its way

    async def _cancel(self, video_id: uuid.UUID) -> None:
        answer = await self.person.ask("POST", f"/v1/videos/{video_id}/cancel", fine={409})
        if answer.response.is_success:
            self.wills[video_id] = {"cancelled"}
        elif answer.doubtful:
            self.wills[video_id] = {"cancelled", "ready"}

    async def _declare(self, clip: Path) -> dict[str, Any]:
        asked = {"filename": clip.name, "size": clip.stat().st_size}
        key = {"Idempotency-Key": uuid.uuid4().hex}
        answer = await self.person.ask("POST", "/v1/uploads", asked, headers=key)
        upload: dict[str, Any] = answer.body
        return upload

    async def _upload(self, clip: Path) -> uuid.UUID:
        for _ in range(_AGAIN):
            upload = await self._declare(clip)
            self.given_up.add(uuid.UUID(upload["video_id"]))  # unless it is acknowledged below
            if not await self._sent(upload, clip.read_bytes()):
                continue
            path = f"/v1/uploads/{upload['id']}/complete"
            answer = await self.person.ask("POST", path, fine=_OVER)
            if answer.response.is_success:
                video_id = uuid.UUID(answer.body["id"])
                self.world.acknowledged[video_id] = time.time()
                self.given_up.discard(video_id)
                return video_id
            self.notes.append(f"a completion was refused: {answer.response.text}")
        raise AssertionError(f"no upload was acknowledged in {_AGAIN} tries")

    async def _sent(self, upload: dict[str, Any], body: bytes) -> bool:
        """Send every part; False when the upload is over."""
        path = f"/v1/uploads/{upload['id']}/parts"
        for number in range(1, upload["part_count"] + 1):
            first = (number - 1) * upload["part_size"]
            for _ in range(_AGAIN):
                answer = await self.person.ask("POST", path, {"part_numbers": [number]}, fine=_OVER)
                if not answer.response.is_success:
                    return False
                (part,) = answer.body["parts"]
                if await _put(part["url"], body[first : first + part["size"]]):
                    break
                await asyncio.sleep(0.3)
            else:
                return False
        return True


async def _put(url: str, body: bytes) -> bool:
    try:
        async with httpx.AsyncClient(verify=False, trust_env=False, timeout=10) as plain:
            return (await plain.put(url, content=body)).is_success
    except httpx.HTTPError:
        return False
