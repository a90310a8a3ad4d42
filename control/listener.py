"""Listens on its own connection for new rows in the outbox."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from core import log
from core.outbox.write import OUTBOX_CHANNEL

_log = log.get(__name__)
_CONNECT_S = 10.0  # to connect, and then to begin to listen
# A connection whose other end is gone without a word looks like a quiet one, so it is asked.
_ASK_S, _ANSWER_S = 30.0, 5.0
_PAUSE_S = 1.0


async def listen(connect: Callable[[], Awaitable[Any]], heard: Callable[[str], None]) -> None:
    """Listen until cancelled; a lost connection is made again.

    Args:
        connect: makes a connection of asyncpg.
        heard: called with each word, which is a topic. What is said while nobody listens is lost,
            so it is called for each new connection too, with "".
    """
    while True:
        try:
            await _listen(connect, heard)
        except Exception as error:  # noqa: BLE001 - the rounds find what is not heard
            _log.warning("listener_lost", error=repr(error))
        await asyncio.sleep(_PAUSE_S)


async def _listen(connect: Callable[[], Awaitable[Any]], heard: Callable[[str], None]) -> None:
    async with asyncio.timeout(_CONNECT_S):
        connection = await connect()
    lost = asyncio.Event()
    connection.add_termination_listener(lambda *_: lost.set())
    try:
        async with asyncio.timeout(_CONNECT_S):
            await connection.add_listener(OUTBOX_CHANNEL, lambda *said: heard(said[-1]))
        _log.info("listening", channel=OUTBOX_CHANNEL)
        heard("")
        while not lost.is_set():
            try:
                async with asyncio.timeout(_ASK_S):
                    await lost.wait()
            except TimeoutError:
                await connection.fetchval("SELECT 1", timeout=_ANSWER_S)
        raise ConnectionError("the connection was closed")
    finally:
        connection.terminate()
