"""Repeats a round for ever, also after an error."""

import asyncio
from collections.abc import Awaitable, Callable

from core import log
from core.errors import DatabaseAway, Unavailable

_log = log.get(__name__)

Work = Callable[[], Awaitable[object]]


async def once(name: str, work: Work) -> None:
    """Do something once; what it raises is logged, and ends nothing."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001 - whatever it was, it is logged
        # One bad round must not end the rounds after it.
        if isinstance(error, (Unavailable, DatabaseAway)):
            _log.warning("round_delayed", work=name, error=str(error))
        else:
            _log.exception("round_failed", work=name)


async def repeat(name: str, work: Work, every_s: float) -> None:
    """Do something again and again until cancelled, with a pause of so many seconds."""
    while True:
        await once(name, work)
        await asyncio.sleep(every_s)
