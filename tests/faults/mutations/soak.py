"""Not protections that are gone: the pace at which things happen."""

import sys
from datetime import timedelta
from typing import Any

from tests.faults.mutations import KINDS, mutation, replace


@mutation("short_grace", *KINDS)
def short_grace() -> None:
    """Objects are removed soon after nobody may see them any more.

    For soaks that are short; what is stopped in those stands still for less than this.
    """
    from core.videos import purges as asked_for

    replace(asked_for, "GRACE", timedelta(seconds=8))
    if "control" in sys.modules:  # nobody else removes anything
        from control import purges

        replace(purges, "_PURGE_LEASE", timedelta(seconds=4))


@mutation("real_time", "workers")
def real_time() -> None:
    """FFmpeg reads no faster than the film plays, whichever attempt it is; see also `paced`."""
    from workers.ffmpeg import command as commands

    plain = commands.encode_command

    def slowed(*arguments: Any, **named: Any) -> list[str]:
        command = [*plain(*arguments, **named)]
        place = command.index("-i")
        return [*command[:place], "-readrate", "1", *command[place:]]

    replace(commands, "encode_command", slowed)
