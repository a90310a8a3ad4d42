"""Not protections that are gone, but conditions that faults need."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from tests.faults.mutations import mutation, replace


@mutation("paced", "workers")
def pace_ffmpeg() -> None:
    """Have FFmpeg read no faster than the film plays, and slower yet at a task's first attempt.

    So an encode takes as long as the film on any machine, and hardly any of its time: there is a
    middle to interrupt, and several can be interrupted at once.
    """
    _pace(lambda attempt: "0.4" if attempt == 1 else "1")


@mutation("paced_once", "workers")
def pace_first_attempt() -> None:
    """The same for a task's first attempt, longer still; the others take what they take.

    For faults that cut each first attempt short: there is time to, and no wait for the second.
    """
    _pace(lambda attempt: "0.25" if attempt == 1 else None)


def _pace(rate_of: Callable[[int], str | None]) -> None:
    """Choose how fast FFmpeg reads, in seconds of film each second, by the number of attempt."""
    from workers.ffmpeg import command as commands
    from workers.operations.transcode import encoding

    attempt: ContextVar[int] = ContextVar("attempt")
    plain_encode, plain_command = encoding.encoded, commands.encode_command

    async def encode_attempt(context: Any, *more: Any) -> Any:
        attempt.set(context.work.attempt)
        return await plain_encode(context, *more)

    def paced(*arguments: Any, **named: Any) -> list[str]:
        command = [*plain_command(*arguments, **named)]
        rate = rate_of(attempt.get())
        place = command.index("-i")
        return [*command[:place], *(("-readrate", rate) if rate else ()), *command[place:]]

    replace(encoding, "encoded", encode_attempt)
    replace(commands, "encode_command", paced)


@mutation("halt_before_completing", "workers")
def halt_before_completing() -> None:
    """A worker stops still, as by SIGSTOP, just before the first attempt stores its outputs."""
    from workers.operations.transcode import completing

    plain = completing.completed

    async def halted(context: Any, *more: Any, **named: Any) -> Any:
        if context.work.attempt > 1:
            return await plain(context, *more, **named)
        os.kill(os.getpid(), signal.SIGSTOP)
        # However soon it learns that they are in vain: what is on its way arrives.
        storing = asyncio.ensure_future(plain(context, *more, **named))
        try:
            return await asyncio.shield(storing)
        except asyncio.CancelledError:
            await storing
            raise

    replace(completing, "completed", halted)


@mutation("short_mark", "control")
def short_mark() -> None:
    """A sender that has not answered is taken for dead soon, not after half a minute."""
    from control import relay

    replace(relay, "_SENDING_S", 2)
