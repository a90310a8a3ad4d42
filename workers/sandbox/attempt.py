"""One start of a program in a sandbox, to see that the sandbox holds."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.ffmpeg.process import start
from workers.sandbox.policy import Policy

_SECONDS = 60.0  # on a machine that is busy with everything else too


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended.

    Attributes:
        status: exit status; negative is the signal that killed it.
        stdout: what it wrote.
        last_line: of what it complained.
    """

    status: int
    stdout: bytes
    last_line: str


async def attempt(argv: Sequence[str], policy: Policy, cwd: Path) -> Outcome:
    """Run a program to its end.

    Raises:
        TimeoutError: it did not end.
        OSError: it could not be started.
    """
    process = await start(argv, cwd, policy)
    try:
        stdout, stderr = await asyncio.wait_for(process.communicate(), _SECONDS)
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    words = stderr.decode(errors="replace").strip().splitlines()
    return Outcome(process.returncode or 0, stdout, words[-1] if words else "it said nothing")
