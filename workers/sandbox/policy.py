"""The rights of one started program, as a value."""

import resource
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from workers.sandbox import landlock
from workers.sandbox.machines import Machine
from workers.sandbox.seccomp import allow_list

_GIB = 1024**3


class Layer(StrEnum):
    """A means of the kernel that may be missing."""

    LANDLOCK = "landlock"
    SECCOMP = "seccomp"


@dataclass(frozen=True, slots=True)
class Resources:
    """The kernel's resource limits (rlimits) of a process.

    Attributes:
        address_space: bytes of virtual memory, None for no limit.
        file_size: bytes of the largest file it may write.
        cpu_seconds: of all threads together.
        open_files: at once; an encode has about ten.
        processes: of the worker's user on this machine, their threads included. It ends a fork
            bomb where there is no seccomp, which lets no process be made at all.
    """

    address_space: int | None = None
    file_size: int = 0
    cpu_seconds: int = 600
    open_files: int = 128
    processes: int = 8192

    def rlimits(self) -> Mapping[int, int]:
        """Return the limits by the kernel's number of them."""
        found = {
            resource.RLIMIT_CORE: 0,  # a core dump would hold the video, and fill the disk
            resource.RLIMIT_FSIZE: self.file_size,
            resource.RLIMIT_CPU: self.cpu_seconds,
            resource.RLIMIT_NOFILE: self.open_files,
            resource.RLIMIT_NPROC: self.processes,
        }
        if self.address_space is not None:
            found[resource.RLIMIT_AS] = self.address_space
        return found


def address_space(cores: int) -> int:
    """Return bytes of virtual memory that no honest encode comes near.

    Too small a limit would look like a broken FFmpeg, so it is to stop a runaway only. An encode
    with the default ladder took 1.2 GB on 2 cores, and 6.0 GB when asked for 64 threads, from 1080p
    as from 8192 x 4320. To that come 8 arenas of 64 MiB for each core, which glibc reserves and
    hardly uses.
    """
    return (4 + cores) * _GIB


@dataclass(frozen=True, slots=True)
class Policy:
    """What a program may do. Everything that is not named is refused.

    Attributes:
        programs: files that may be executed.
        readable: files, or directories with what is in them, that may be read.
        writable: directories in which files may be made, written and read.
        resources: what may be used up.
        layers: means to enforce it.
        landlock_abi: what the kernel's Landlock knows; 0 without that layer.
        machine: whose system calls are filtered; None without that layer.
    """

    programs: tuple[str, ...]
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    resources: Resources
    layers: frozenset[Layer]
    landlock_abi: int
    machine: Machine | None

    def words(self) -> list[str]:
        """Return it as the arguments that `workers/sandbox/launch.py` reads."""
        words: list[str] = []
        for number, most in self.resources.rlimits().items():
            # What else the user runs counts too, so this limit is set only where it is needed.
            if number != resource.RLIMIT_NPROC or Layer.SECCOMP not in self.layers:
                words += ["limit", f"{number}:{most}"]
        if Layer.LANDLOCK in self.layers:
            words += self._landlock()
        if Layer.SECCOMP in self.layers and self.machine is not None:
            numbers = self.machine.numbers
            own = (numbers["seccomp"], numbers["execve"], numbers["tgkill"])
            words += ["seccomp", ":".join([*map(str, own), allow_list(self.machine).hex()])]
        return words

    def _landlock(self) -> list[str]:
        known = landlock.handled(self.landlock_abi)
        words = ["landlock", f"{known.files}:{known.network}:{known.scopes}"]
        for rights, paths in (
            (landlock.PROGRAM, self.programs),
            (landlock.READ, self.readable),
            (landlock.WRITE, self.writable),
        ):
            for path in paths:
                words += ["allow", f"{rights & known.files}:{path}"]
        return words
