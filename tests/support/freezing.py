"""A way to a part on which single connections can be frozen: nothing passes, and none is closed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from tests.support.listening import take_no_more
from tests.support.waiting import wait_until


@dataclass(eq=False)
class Passage:
    """One connection through it."""

    thawed: asyncio.Event = field(default_factory=asyncio.Event)
    is_open: bool = True
    answers: int = 0

    def freeze(self) -> None:
        self.thawed.clear()


@dataclass
class Way:
    """Passes connections on; `latest` is the one on which something was asked last."""

    host: str
    port: int
    passages: list[Passage] = field(default_factory=list)
    latest: Passage | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passage = Passage()
        passage.thawed.set()
        self.passages.append(passage)
        onward = await asyncio.open_connection(self.host, self.port)
        there = asyncio.create_task(self._pass(passage, reader, onward[1], asking=True))
        back = asyncio.create_task(self._pass(passage, onward[0], writer, asking=False))
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        passage.is_open = False
        for task in (there, back):
            task.cancel()
        for end in (writer, onward[1]):
            end.transport.abort()

    async def answered(self, passage: Passage) -> None:
        """Wait until something more has come back on a connection."""
        before = passage.answers
        await wait_until(lambda: passage.answers > before, 30)

    async def _pass(
        self,
        passage: Passage,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        asking: bool,
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65_536):
                if asking:
                    self.latest = passage
                else:
                    passage.answers += 1
                # Frozen, it goes on reading: so it is seen when somebody gives it up.
                if passage.thawed.is_set():
                    writer.write(chunk)


@asynccontextmanager
async def way_to(host: str, port: int) -> AsyncIterator[tuple[Way, int]]:
    """Open one on a free port; yields it and its port."""
    way = Way(host, port)
    server = await asyncio.start_server(way.serve, "127.0.0.1", 0)
    try:
        yield way, server.sockets[0].getsockname()[1]
    finally:
        await take_no_more(server.sockets)
        server.close()
