"""What this machine's kernel offers for a sandbox."""

import ctypes
import os
import sys
from dataclasses import dataclass
from enum import StrEnum

from workers.sandbox.machines import Machine, machine_named

_LANDLOCK_CREATE_RULESET, _VERSION = 444, 1  # linux/landlock.h
_SECCOMP_GET_ACTION_AVAIL, _KILL_PROCESS = 2, 0x80000000  # linux/seccomp.h


class Layer(StrEnum):
    """A means of the kernel that may be missing."""

    LANDLOCK = "landlock"
    SECCOMP = "seccomp"


@dataclass(frozen=True, slots=True)
class Kernel:
    """What is there.

    Attributes:
        landlock_abi: version of Landlock, 0 for none.
        machine: whose system calls can be filtered; None when they cannot.
        missing: why not, one phrase for each layer that is not there.
    """

    landlock_abi: int
    machine: Machine | None
    missing: tuple[str, ...]

    @property
    def layers(self) -> frozenset[Layer]:
        """The layers that can be had."""
        found = {Layer.LANDLOCK: self.landlock_abi > 0, Layer.SECCOMP: self.machine is not None}
        return frozenset(layer for layer, there in found.items() if there)


def ask_kernel() -> Kernel:
    """Ask the kernel; nothing is changed by it."""
    if sys.platform != "linux":
        return Kernel(0, None, (f"no Landlock and no seccomp (this is {sys.platform}, not Linux)",))
    name = os.uname().machine
    machine = machine_named(name)
    if machine is None:
        return Kernel(0, None, (f"no list of system calls for {name}",))
    libc = ctypes.CDLL(None, use_errno=True)
    missing = []
    version: int = libc.syscall(
        ctypes.c_long(_LANDLOCK_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint(_VERSION)
    )
    abi = max(version, 0)
    if abi == 0:
        missing.append("no Landlock (Linux 5.13 or newer, switched on; in Docker, 23 or newer)")
    action = ctypes.c_uint32(_KILL_PROCESS)
    if libc.syscall(
        ctypes.c_long(machine.numbers["seccomp"]),
        ctypes.c_uint(_SECCOMP_GET_ACTION_AVAIL),
        ctypes.c_uint(0),
        ctypes.byref(action),
    ):
        missing.append("no seccomp filters")
        machine = None
    return Kernel(abi, machine, tuple(missing))
