"""Checks which dependencies answer. The result is shared and kept for a moment."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from core import log

_log = log.get(__name__)
_PATIENCE_S = 3.0
_KEEP_S = 2.0

Check = Callable[[], Awaitable[object]]


class Readiness:
    """Asks all dependencies at the same time. Calls that come meanwhile share the answers.

    A check raises when its dependency does not answer within `patience_s`; its answer is used
    for `keep_s`.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        *,
        patience_s: float = _PATIENCE_S,
        keep_s: float = _KEEP_S,
    ) -> None:
        self._checks = checks
        self._patience_s = patience_s
        self._keep_s = keep_s
        self._known: list[str] = []
        self._good_until = 0.0
        self._asking = asyncio.Lock()
        self._asked: dict[str, asyncio.Task[bool]] = {}

    async def silent(self) -> list[str]:
        """Return the names of the dependencies that do not answer."""
        async with self._asking:
            if time.monotonic() >= self._good_until:
                self._known = await self._ask()
                self._good_until = time.monotonic() + self._keep_s
        return self._known

    async def close(self) -> None:
        """Stop asking."""
        for task in self._asked.values():
            task.cancel()
        await asyncio.gather(*self._asked.values(), return_exceptions=True)

    async def _ask(self) -> list[str]:
        for name, check in self._checks.items():
            # One that is still asked, or that nobody waited for to the end, is not asked once more.
            if name not in self._asked or self._asked[name].cancelled():
                self._asked[name] = asyncio.create_task(_answers(name, check))
        _, late = await asyncio.wait(self._asked.values(), timeout=self._patience_s)
        asked = self._asked
        self._asked = {name: task for name, task in asked.items() if task in late}
        for name, task in self._asked.items():
            _log.warning("not_ready", dependency=name, error=f"no answer in {self._patience_s:g} s")
            task.cancel()
        return [
            name
            for name, task in asked.items()
            # One that was cancelled in the round before may end so in this one.
            if task in late or task.cancelled() or not task.result()
        ]


async def _answers(name: str, check: Check) -> bool:
    try:
        await check()
    except Exception as error:  # noqa: BLE001 - any reason is a reason
        _log.warning("not_ready", dependency=name, error=repr(error))
        return False
    return True
