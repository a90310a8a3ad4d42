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
        self._round: asyncio.Task[None] | None = None
        self._asked: dict[str, asyncio.Task[bool]] = {}

    async def silent(self) -> list[str]:
        """Return the names of the dependencies that do not answer."""
        if time.monotonic() >= self._good_until:
            if self._round is None or self._round.done():
                self._round = asyncio.create_task(self._ask())
            # One caller that is cancelled must not cancel the others.
            await asyncio.shield(self._round)
        return self._known

    async def close(self) -> None:
        """Stop asking."""
        tasks = [task for task in (self._round, *self._asked.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self) -> None:
        for name, check in self._checks.items():
            # One that still hangs, and did not heed its end, is not asked once more.
            if name not in self._asked or self._asked[name].done():
                self._asked[name] = asyncio.create_task(_answers(name, check))
        _, late = await asyncio.wait(self._asked.values(), timeout=self._patience_s)
        self._known = [
            name for name, task in self._asked.items() if task in late or not task.result()
        ]
        for name, task in self._asked.items():
            if task in late:
                _log.warning(
                    "not_ready", dependency=name, error=f"no answer in {self._patience_s:g} s"
                )
                task.cancel()
        self._good_until = time.monotonic() + self._keep_s


async def _answers(name: str, check: Check) -> bool:
    try:
        await check()
    except Exception as error:  # noqa: BLE001 - any reason is a reason
        _log.warning("not_ready", dependency=name, error=repr(error))
        return False
    return True
