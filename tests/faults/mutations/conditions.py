"""Not protections that are gone, but conditions that faults need."""

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
    from workers.operations import transcode

    attempt: ContextVar[int] = ContextVar("attempt")
    plain_encode, plain_command = transcode._encode, commands.encode_command

    async def encode_attempt(context: Any, *more: Any) -> Any:
        attempt.set(context.work.attempt)
        return await plain_encode(context, *more)

    def paced(*arguments: Any, **named: Any) -> list[str]:
        command = [*plain_command(*arguments, **named)]
        rate = rate_of(attempt.get())
        place = command.index("-i")
        return [*command[:place], *(("-readrate", rate) if rate else ()), *command[place:]]

    replace(transcode, "_encode", encode_attempt)
    replace(commands, "encode_command", paced)


@mutation("halt_before_completing", "workers")
def halt_before_completing() -> None:
    """A worker stops still, as by SIGSTOP, just before the first attempt stores its outputs."""
    from workers.operations import transcode

    plain = transcode._complete

    async def halted(context: Any, *more: Any, **named: Any) -> Any:
        if context.work.attempt == 1:
            os.kill(os.getpid(), signal.SIGSTOP)
        return await plain(context, *more, **named)

    replace(transcode, "_complete", halted)


@mutation("short_mark", "control")
def short_mark() -> None:
    """A sender that has not answered is taken for dead soon, not after half a minute."""
    from control import relay

    replace(relay, "_SENDING_S", 2)
