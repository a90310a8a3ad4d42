"""I9: losing Redis loses no video and revives no token."""

import random
import signal
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import redis.asyncio as redis

from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World
from tests.support.components import restart
from tests.support.product import PASSWORD

_GRACE_S = 0  # a refresh token that was used is used up
_MARGIN_S = 15.0


class _Try:
    """One loss, with a film on its way and sessions to be revived."""

    def __init__(self, world: World, client: redis.Redis) -> None:
        self.world, self.redis = world, client
        self.email = f"{uuid.uuid4().hex}@example.com"

    async def old_copy(self) -> list[str]:
        """It comes back as it was before sessions were ended, in every way that ends one."""
        named = {
            name: await self.log_in() for name in ("ended", "logged out", "replayed", "refreshed")
        }
        everywhere = await self.log_in(f"{uuid.uuid4().hex}@example.com")
        copy = await self._dump()
        await self._end(named["ended"])
        await self.post("logout", named["logged out"])
        newer = await self.refreshed(named["replayed"])
        assert (await self.post("refresh", named["replayed"])).status_code == 401, "a replay"
        later = await self.refreshed(named["refreshed"])
        await self.ask("DELETE", "/v1/auth/sessions", everywhere)
        video_id = await self.world.upload(self.world.clips.quick)
        await self._restore(copy)
        dead = {**named, "ended everywhere": everywhere, "of a replayed one": newer}
        # Nobody ended this last one: but what came after it is lost, and this was used already.
        faults = await self.revived(dead | {"next": later})
        return faults + await self.end_of(video_id)

    async def flushed(self) -> list[str]:
        """It forgets everything."""
        held = await self.log_in()
        video_id = await self.world.upload(self.world.clips.quick)
        await self.redis.flushall()
        return await self.revived({"forgotten": held}) + await self.end_of(video_id)

    async def away(self) -> list[str]:
        """It stops, the film is made meanwhile, and it comes back empty."""
        held = await self.log_in()
        (control,) = self.world.controls
        control.signal(signal.SIGSTOP)  # so that everything is still to be told
        video_id = await self.world.upload(self.world.clips.quick)
        self.world.stack.supervisor.stop(["valkey"])
        control.signal(signal.SIGCONT)
        try:
            answer = await self.post("refresh", held)
            faults = []
            if answer.status_code != 503 or "retry-after" not in answer.headers:
                faults.append(f"a refresh while Redis is away: {answer.status_code} {answer.text}")
            faults += await self.end_of(video_id)
        finally:
            restart(self.world.stack.supervisor, "valkey")
        await self.world.until(self._back, _MARGIN_S, "the API has Redis again")
        return faults + await self.revived({"forgotten": held})

    @property
    def kinds(self) -> list[Callable[[], Awaitable[list[str]]]]:
        return [self.old_copy, self.away, self.flushed]

    async def again(self) -> None:
        """Log the user of this world in anew; theirs has ended too."""
        tokens = await self.log_in()
        self.world.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"

    async def log_in(self, email: str = "") -> dict[str, str]:
        body = {"email": email or self.email, "password": PASSWORD}
        await self.world.http.post(self.world.url("/v1/auth/register"), json=body)
        answer = await self.world.http.post(
            self.world.url("/v1/auth/login"), json=body | {"client": "native"}
        )
        assert answer.is_success, answer.text
        tokens: dict[str, str] = answer.json()
        return tokens

    async def post(self, what: str, held: dict[str, str]) -> httpx.Response:
        body = {"refresh_token": held["refresh_token"]}
        return await self.world.http.post(self.world.url(f"/v1/auth/{what}"), json=body)

    async def refreshed(self, held: dict[str, str]) -> dict[str, str]:
        answer = await self.post("refresh", held)
        assert answer.is_success, answer.text
        tokens: dict[str, str] = answer.json()
        return tokens

    async def ask(self, method: str, path: str, held: dict[str, str]) -> Any:
        headers = {"Authorization": f"Bearer {held['access_token']}"}
        answer = await self.world.http.request(method, self.world.url(path), headers=headers)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def revived(self, dead: dict[str, dict[str, str]]) -> list[str]:
        """Return which refresh tokens are good although their session has ended."""
        wrong = []
        for name, held in dead.items():
            answer = await self.post("refresh", held)
            if answer.status_code != 401:
                wrong.append(f"the session that was {name} is refreshed: {answer.status_code}")
        return wrong

    async def end_of(self, video_id: uuid.UUID) -> list[str]:
        await self.world.ends(video_id, seconds=30)
        return await self.world.faults(video_id)

    async def _end(self, held: dict[str, str]) -> None:
        """End a session from within itself, as its owner would from a list."""
        sessions = (await self.ask("GET", "/v1/auth/sessions", held))["items"]
        current = next(item for item in sessions if item["current"])
        await self.ask("DELETE", f"/v1/auth/sessions/{current['id']}", held)

    async def _dump(self) -> dict[str, bytes]:
        copy = {key: await self.redis.dump(key) async for key in self.redis.scan_iter()}
        return {key: value for key, value in copy.items() if value is not None}

    async def _restore(self, copy: dict[str, bytes]) -> None:
        await self.redis.flushall()
        for key, value in copy.items():
            # Workers may have told of themselves since. Its time to live is in milliseconds.
            await self.redis.restore(key, 600_000, value, replace=True)

    async def _back(self) -> bool:
        return (await self.world.http.get(self.world.url("/readyz"))).status_code == 200


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Lose Redis in one way after the other."""
    await world.start_api(REFRESH_GRACE_S=str(_GRACE_S))
    worker = await world.start_worker("paced")
    tally = Tally()
    while tally.tried < tries:
        async with redis.Redis.from_url(world.stack.environment["REDIS_URL"]) as client:
            one = _Try(world, client)
            kinds = [kind for kind in one.kinds if not world.focus or kind.__name__ in world.focus]
            await one.again()
            kind = kinds[tally.tried % len(kinds)]
            tally.add([f"{kind.__name__}: {fault}" for fault in await kind()])
        assert worker.alive, "the worker has ended"
    return tally.outcome()


SCENARIO = Scenario(
    "I9",
    "losing Redis loses no video and revives no token",
    full_count=20,
    small_count=3,
    run=run,
    protections=(
        Protection(
            "stored_sessions",
            "Postgres does not know which sessions live",
            ("stored_sessions",),
            1,
            ("old_copy",),
        ),
        Protection(
            "quiet_progress", "a Redis that is away is not ignored by workers",
            ("quiet_progress",), 1, ("away",),
        ),
        # Either is enough: that hints go on, and that workers look without one.
        Protection(
            "hints", "a Redis that is away is not ignored by the relay",
            ("events_first", "only_told"), 1, ("away",),
        ),
    ),
)  # fmt: skip
