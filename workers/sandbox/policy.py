"""The rights of one started program, as a value."""

import resource
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.sandbox import landlock
from workers.sandbox.kernel import Kernel, Layer
from workers.sandbox.seccomp import allow_list

_GIB = 1024**3
_OPEN_FILES = 128  # at once; an encode has about ten


def address_space(cores: int) -> int:
    """Return bytes of virtual memory that no honest encode comes near.

    Too small a limit would look like a broken FFmpeg, so it is to stop a runaway only. An encode
    with the default ladder took 2.3 GB on 2 cores, and 1080p in H.264 and AV1 2.4 GB. With two
    sizes it took 1.7 GB, and 6.0 GB when asked for 64 threads. To that come 8 arenas of 64 MiB for
    each core, which glibc reserves and hardly uses.
    """
    return (4 + cores) * _GIB


@dataclass(frozen=True, slots=True)
class Needs:
    """Files without which a program does not start.

    Attributes:
        programs: it, and its loader unless it is static; the kernel executes both.
        libraries: what the loader reads.
    """

    programs: tuple[str, ...]
    libraries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """What a program may do. Everything that is not named is refused.

    Attributes:
        kernel: what can enforce it.
        layers: which of that does.
        programs: files that may be executed.
        readable: files, or directories with what is in them, that may be read.
        writable: directories in which files may be made, written and read.
        cpu_seconds: of all threads together.
        file_size: bytes of the largest file that it may write.
        address_space: bytes of virtual memory, None for no limit.
        processes: of the worker's user on this machine, their threads included. It ends a fork
            bomb where there is no seccomp, which lets no process be made at all.
    """

    kernel: Kernel
    layers: frozenset[Layer]
    programs: tuple[str, ...]
    readable: tuple[str, ...]
    writable: tuple[str, ...]
    cpu_seconds: int
    file_size: int = 0
    address_space: int | None = None
    processes: int = 8192

    def words(self) -> list[str]:
        """Return it as the arguments that `workers/sandbox/launch.py` reads."""
        words: list[str] = []
        for number, most in self._limits().items():
            words += ["limit", f"{number}:{most}"]
        if Layer.LANDLOCK in self.layers:
            words += self._landlock()
        machine = self.kernel.machine
        if Layer.SECCOMP in self.layers and machine is not None:
            own = (machine.numbers[name] for name in ("seccomp", "execve", "tgkill"))
            words += ["seccomp", ":".join([*map(str, own), allow_list(machine).hex()])]
        return words

    def _limits(self) -> dict[int, int]:
        """Return the limits by the kernel's number of them."""
        found = {
            resource.RLIMIT_CORE: 0,  # a core dump would hold the video, and fill the disk
            resource.RLIMIT_FSIZE: self.file_size,
            resource.RLIMIT_CPU: self.cpu_seconds,
            resource.RLIMIT_NOFILE: _OPEN_FILES,
        }
        # What else the user runs counts too, so this limit is set only where it is needed.
        if Layer.SECCOMP not in self.layers:
            found[resource.RLIMIT_NPROC] = self.processes
        if self.address_space is not None:
            found[resource.RLIMIT_AS] = self.address_space
        return found

    def _landlock(self) -> list[str]:
        files, network, scopes = landlock.handled(self.kernel.landlock_abi)
        words = ["landlock", f"{files}:{network}:{scopes}"]
        for rights, paths in (
            (landlock.PROGRAM, self.programs),
            (landlock.READ, self.readable),
            (landlock.WRITE, self.writable),
        ):
            for path in paths:
                words += ["allow", f"{rights & files}:{path}"]
        return words


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The sandbox of a worker: chosen once, then asked for a policy at every start of a program.

    Attributes:
        kernel: what it offers.
        layers: which of that is used; None when programs run without any sandbox.
        needs: of each program, by its path.
        address_space: bytes of virtual memory that a program may have; None for no limit.
    """

    kernel: Kernel
    layers: frozenset[Layer] | None
    needs: Mapping[str, Needs]
    address_space: int | None

    def policy(
        self,
        program: str,
        *,
        reads: Iterable[Path] = (),
        writes: Iterable[Path] = (),
        cpu_seconds: int,
        file_size: int = 0,
    ) -> Policy | None:
        """Return what one of the programs may do this time; None for everything.

        It may read the files `reads` besides its libraries, and write in the directories `writes`,
        files of up to `file_size` bytes.
        """
        if self.layers is None:
            return None
        needs = self.needs[program]
        return Policy(
            self.kernel,
            self.layers,
            needs.programs,
            # Absolute: the program runs in another directory than the worker.
            (*needs.libraries, *(str(path.absolute()) for path in reads)),
            tuple(str(path.absolute()) for path in writes),
            cpu_seconds,
            file_size,
            self.address_space,
        )
