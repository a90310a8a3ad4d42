"""Asks ECS not to stop a worker that has a task.

The request goes to the container agent of the task, over HTTP. IAM, for the role of the task:
ecs:GetTaskProtection and ecs:UpdateTaskProtection. Protection does not keep a Spot machine, or a
task that a person stops; SIGTERM then drains the worker as usual.

aiohttp is installed already for the SDK, and its requests can be cancelled.

Source: "Amazon ECS task scale-in protection endpoint", Amazon ECS Developer Guide.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp

from core import log

_log = log.get(__name__)
# If we die, the protection ends with the task; if we hang, it expires.
_LASTS_MIN = 30
_RENEW_S = 600.0
_RETRY_S = 30.0
_PATIENCE = aiohttp.ClientTimeout(total=5)


class Protection:
    """Tells the agent whether this worker has a task. The agent's answer never affects a task."""

    def __init__(self, *, renew_s: float = _RENEW_S, retry_s: float = _RETRY_S) -> None:
        self._renew_s = renew_s
        self._retry_s = retry_s
        self._held = 0
        self._changed = asyncio.Event()
        self._unheard = False

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Count an attempt during the block, without waiting."""
        self._held += 1
        self._changed.set()
        try:
            yield
        finally:
            self._held -= 1
            self._changed.set()

    async def run(self, agent: str) -> None:
        """Keep the agent at an address informed until cancelled."""
        address = f"{agent.rstrip('/')}/task-protection/v1/state"
        told: bool | None = False  # a task begins without; None: nobody knows
        async with aiohttp.ClientSession(timeout=_PATIENCE) as http:
            while True:
                self._changed.clear()
                wanted = self._held > 0
                if wanted or told is not False:
                    told = await self._tell(http, address, wanted, told)
                await self._pause(wanted, told)

    async def _pause(self, wanted: bool, told: bool | None) -> None:
        """Wait until there is something to say."""
        limit = self._retry_s if wanted != told else self._renew_s if wanted else None
        try:
            async with asyncio.timeout(limit):
                await self._changed.wait()
        except TimeoutError:
            pass  # time to say it again

    async def _tell(
        self, http: aiohttp.ClientSession, address: str, wanted: bool, told: bool | None
    ) -> bool | None:
        """Say what is wanted; return what holds then."""
        wish = {"ProtectionEnabled": wanted} | ({"ExpiresInMinutes": _LASTS_MIN} if wanted else {})
        try:
            async with http.put(address, json=wish) as response:
                # A refusal may come with any status, 200 too; what was done is in `protection`.
                answer = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            self._warn(repr(error))
            return None
        if not isinstance(answer, dict) or "protection" not in answer:
            self._warn(str(answer))
            return told
        if self._unheard:
            _log.info("protection_works_again")
        self._unheard = False
        return wanted

    def _warn(self, why: str) -> None:
        if not self._unheard:
            _log.warning("not_protected", error=why[:500])
        self._unheard = True
