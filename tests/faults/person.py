"""A user who does not give up: asks again, at any API, and logs in anew when logged out."""

import asyncio
import random
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.faults.processes import Process
from tests.faults.world import World
from tests.support.product import PASSWORD

_PATIENCE_S = 180.0
_ANSWER_S = 15.0  # an API that stands still is left for another one
_PAUSE_S = (0.2, 0.6)


@dataclass(frozen=True)
class Answered:
    """What an API said in the end; `doubtful` if it may have done it before and was not heard."""

    response: httpx.Response
    doubtful: bool

    @property
    def body(self) -> Any:
        return self.response.json()


@dataclass
class Person:
    """One account. `World.http` shows its token from `enter` on.

    Attributes:
        world: where the person is a user.
        apis: those that may be asked at the moment.
        rng: for the choice among them and for pauses.
    """

    world: World
    apis: Callable[[], Sequence[Process]]
    rng: random.Random
    email: str = field(default_factory=lambda: f"{uuid.uuid4().hex}@example.com")
    _entering: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def enter(self) -> None:
        """Make the account and log in."""
        body = {"email": self.email, "password": PASSWORD}
        await self._asked("POST", "/v1/auth/register", body, fine={409}, known=False)
        await self.log_in()

    async def log_in(self) -> None:
        """Begin a session; those who find the old one gone together begin one."""
        shown = self.world.http.headers.get("authorization")
        async with self._entering:
            if self.world.http.headers.get("authorization") != shown:
                return  # somebody else did while we waited
            body = {"email": self.email, "password": PASSWORD, "client": "native"}
            answer = await self._asked("POST", "/v1/auth/login", body, known=False)
            self.world.http.headers["Authorization"] = f"Bearer {answer.body['access_token']}"

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        fine: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Answered:
        """Ask until it is done, or until one of the `fine` answers comes.

        Raises:
            AssertionError: it was refused in another way, or nobody answered for minutes.
        """
        return await self._asked(method, path, body, fine=fine, headers=headers)

    async def _asked(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        fine: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
        known: bool = True,
    ) -> Answered:
        deadline = time.monotonic() + _PATIENCE_S
        doubtful = False
        told = "there was no API to ask"
        while time.monotonic() < deadline:
            if apis := self.apis():
                url = self.world.url(path, self.rng.choice(apis))
                try:
                    answer = await self.world.http.request(
                        method, url, json=body, headers=headers, timeout=_ANSWER_S
                    )
                except httpx.HTTPError as error:
                    # Where nobody listened, nothing can have been done.
                    doubtful = doubtful or not isinstance(error, httpx.ConnectError)
                    told = repr(error)
                else:
                    told = f"{answer.status_code} {answer.text}"
                    if answer.is_success or answer.status_code in fine:
                        return Answered(answer, doubtful)
                    if answer.status_code == 401 and known:
                        await self.log_in()
                        continue
                    assert answer.status_code >= 500 or answer.status_code in (409, 429), told
                    doubtful = doubtful or answer.status_code >= 500
            await asyncio.sleep(self.rng.uniform(*_PAUSE_S))
        raise AssertionError(f"{method} {path}, for {_PATIENCE_S} s: {told}")
