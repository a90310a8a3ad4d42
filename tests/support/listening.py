"""How a server of a test ends, in the loop of its test."""

import asyncio
import socket
from collections.abc import Iterable


async def take_no_more(listening: Iterable[socket.socket]) -> None:
    """Have no more connections taken; those that were taken before are with their server after it.

    To be awaited before `Server.close()`: a connection that asyncio is just about to take there is
    never closed (Python 3.11: `Server._attach` fails when its transport exists already).
    """
    loop = asyncio.get_running_loop()
    for each in listening:
        loop.remove_reader(each)
    # In the first turn what was taken in this one begins; in the second it has begun for certain.
    for _ in range(2):
        await asyncio.sleep(0)
