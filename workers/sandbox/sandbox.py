"""The sandbox of a worker: chosen once, then asked for a policy at every start of a program."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workers.sandbox.kernel import Kernel
from workers.sandbox.libraries import Needs
from workers.sandbox.policy import Layer, Policy, Resources


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The sandbox of a worker's programs.

    Attributes:
        kernel: what it offers.
        layers: which of that is used; None when programs run without any sandbox.
        needs: of each program, by its path.
        address_space: bytes of virtual memory that a program may have.
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
        """Return what a program may do this time; None for everything.

        Args:
            program: one of `needs`.
            reads: files besides its libraries.
            writes: directories.
            cpu_seconds: that it may use.
            file_size: bytes of the largest file that it may write.
        """
        if self.layers is None:
            return None
        needs = self.needs[program]
        return Policy(
            programs=needs.programs,
            # Absolute: the program runs in another directory than the worker.
            readable=(*needs.libraries, *(str(path.absolute()) for path in reads)),
            writable=tuple(str(path.absolute()) for path in writes),
            resources=Resources(
                address_space=self.address_space, file_size=file_size, cpu_seconds=cpu_seconds
            ),
            layers=self.layers,
            landlock_abi=self.kernel.landlock_abi,
            machine=self.kernel.machine,
        )
