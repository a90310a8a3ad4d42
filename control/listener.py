"""Listens on its own connection for new rows in the outbox."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from core import log

_log = log.get(__name__)
_CONNECT_S = 10.0  # to connect, and then to begin to listen
# A connection whose other end is gone without a word looks like a quiet one, so it is asked.
_ASK_S, _ANSWER_S = 30.0, 5.0
_PAUSE_S = 1.0


class Listener:
    """Listens on a channel for as long as it runs; a lost connection is made again.

    What is said while nobody listens is lost, so each new connection counts as word.

    Args:
        connect: makes a connection of asyncpg.
        channel: that is listened to.
        heard: called with each word, and with "" for each new connection.
    """

    def __init__(
        self, connect: Callable[[], Awaitable[Any]], channel: str, heard: Callable[[str], None]
    ) -> None:
        self._connect = connect
        self._channel = channel
        self._heard = heard
        self.listening = False

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001 - the rounds find what is not heard
                _log.warning("listener_lost", error=repr(error))
            await asyncio.sleep(_PAUSE_S)

    async def _listen(self) -> None:
        async with asyncio.timeout(_CONNECT_S):
            connection = await self._connect()
        lost = asyncio.Event()
        connection.add_termination_listener(lambda *_: lost.set())
        try:
            async with asyncio.timeout(_CONNECT_S):
                await connection.add_listener(self._channel, lambda *said: self._heard(said[-1]))
            self.listening = True
            _log.info("listening", channel=self._channel)
            self._heard("")
            while not lost.is_set():
                try:
                    async with asyncio.timeout(_ASK_S):
                        await lost.wait()
                except TimeoutError:
                    await connection.fetchval("SELECT 1", timeout=_ANSWER_S)
            raise ConnectionError("the connection was closed")
        finally:
            self.listening = False
            connection.terminate()
