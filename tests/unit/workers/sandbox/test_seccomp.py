"""The filter allows what FFmpeg calls, and nothing else, on each machine."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

import pytest

from tests.unit.workers.sandbox.bpf import ALLOW, ERRNO, KILL, of, verdict
from workers.sandbox.launch import _guard
from workers.sandbox.machines import AARCH64, X86_64, Machine, machine_named
from workers.sandbox.seccomp import _conditional, _unconditional, allow_list

REFUSED = ERRNO | errno.EPERM
UNKNOWN = ERRNO | errno.ENOSYS
# Of x86-64 and aarch64, as in the kernel's tables.
DANGEROUS = {
    "accept": (43, 202), "add_key": (248, 217), "bind": (49, 200), "bpf": (321, 280),
    "chmod": (90, None), "chroot": (161, 51), "connect": (42, 203), "delete_module": (176, 106),
    "execveat": (322, 281), "fchmodat": (268, 53), "finit_module": (313, 273), "fork": (57, None),
    "init_module": (175, 105), "io_setup": (206, 0), "kcmp": (312, 272), "kexec_load": (246, 104),
    "keyctl": (250, 219), "kill": (62, 129), "linkat": (265, 37), "listen": (50, 201),
    "memfd_create": (319, 279), "mkdirat": (258, 34), "mknodat": (259, 33), "mount": (165, 40),
    "open_by_handle_at": (304, 265), "perf_event_open": (298, 241), "personality": (135, 92),
    "pivot_root": (155, 41), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "ptrace": (101, 117), "reboot": (169, 142), "renameat": (264, 38), "request_key": (249, 218),
    "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "seccomp": (317, 277),
    "sendmsg": (46, 211), "sendto": (44, 206), "setns": (308, 268), "setsid": (112, 157),
    "shmat": (30, 196), "shmget": (29, 194), "socket": (41, 198), "socketpair": (53, 199),
    "symlinkat": (266, 36), "tkill": (200, 130), "truncate": (76, 45), "umount2": (166, 39),
    "unlinkat": (263, 35), "unshare": (272, 97), "userfaultfd": (323, 282), "vfork": (58, None),
}  # fmt: skip
# One number everywhere.
NEWER = {
    "clone3": 435, "fsopen": 430, "io_uring_setup": 425, "landlock_create_ruleset": 444,
    "mount_setattr": 442, "move_mount": 429, "open_tree": 428, "openat2": 437,
    "pidfd_getfd": 438, "pidfd_open": 434, "pidfd_send_signal": 424, "process_madvise": 440,
}  # fmt: skip
MACHINES = pytest.mark.parametrize("machine", [X86_64, AARCH64], ids=lambda found: found.name)


@MACHINES
def test_what_every_encode_calls_is_allowed(machine: Machine) -> None:
    program = allow_list(machine)
    for name in ("futex", "mmap", "mprotect", "openat", "read", "write", "lseek", "exit_group",
                 "execve", "rt_sigreturn", "sched_getaffinity", "getrandom", "tgkill"):  # fmt: skip
        assert of(machine, program, name) == ALLOW, name


@MACHINES
def test_dangerous_calls_are_refused(machine: Machine) -> None:
    program = allow_list(machine)
    column = 0 if machine is X86_64 else 1
    for name, numbers in DANGEROUS.items():
        number = numbers[column]
        if number is not None:
            assert verdict(program, machine.audit, number) == REFUSED, name
    for name, number in NEWER.items():
        assert verdict(program, machine.audit, number) == UNKNOWN, name


@MACHINES
def test_numbers_of_another_machine_kill(machine: Machine) -> None:
    i386, arm = 0x40000003, 0x40000028  # AUDIT_ARCH_I386, AUDIT_ARCH_ARM
    other = AARCH64 if machine is X86_64 else X86_64
    for audit in (i386, arm, other.audit, 0):
        assert verdict(allow_list(machine), audit, machine.numbers["read"]) == KILL


def test_the_other_call_convention_of_x86_64_kills() -> None:
    for number in (0x40000000, 0x40000000 | X86_64.numbers["read"], 0xFFFFFFFF):
        assert verdict(allow_list(X86_64), X86_64.audit, number) == KILL


@MACHINES
def test_threads_are_made_and_processes_are_not(machine: Machine) -> None:
    program = allow_list(machine)
    thread = 0x003D0F00  # what glibc's pthread_create asks for
    assert of(machine, program, "clone", thread) == ALLOW
    assert of(machine, program, "clone", 17) == REFUSED  # fork: SIGCHLD
    assert of(machine, program, "clone", 0x4111) == REFUSED  # vfork, posix_spawn
    for namespace in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000,
                      0x40000000):  # fmt: skip
        assert of(machine, program, "clone", thread | namespace) == REFUSED, hex(namespace)


@MACHINES
@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("prctl", (15,), ALLOW),
        ("prctl", (4, 1), REFUSED),
        ("prctl", (22, 2), REFUSED),
        ("ioctl", (1, 0x5401), ALLOW),
        ("ioctl", (0, 0x5412), ERRNO | errno.ENOTTY),  # TIOCSTI types into a terminal
        ("fcntl", (1, 3), ALLOW),
        ("fcntl", (1, 8, 1), REFUSED),
        ("fcntl", (1, 10, 9), REFUSED),
        ("prlimit64", (0, 3), ALLOW),
        ("prlimit64", (1, 3), REFUSED),
        ("setpriority", (0, 0, 10), ALLOW),
        ("setpriority", (0, 1, 10), REFUSED),
    ],
    ids=["name-thread", "set-dumpable", "set-seccomp", "is-terminal", "type-into-terminal",
         "get-flags", "set-owner", "set-signal", "own-limits", "limits-of-init", "own-priority",
         "priority-of-init"],
)  # fmt: skip
def test_some_calls_depend_on_what_is_asked(
    machine: Machine, name: str, arguments: tuple[int, ...], expected: int
) -> None:
    assert of(machine, allow_list(machine), name, *arguments) == expected


@MACHINES
def test_one_execve_passes_and_signals_to_oneself(machine: Machine) -> None:
    addresses = [0x7F00_1234_5678, 0x5555_0000_0010, 0x7F00_0000_1000]
    program = _guard(machine.numbers["execve"], machine.numbers["tgkill"], addresses)
    assert of(machine, program, "execve", *addresses) == ALLOW
    for which in range(3):
        for bit in (0, 31, 32, 46):
            wrong = [*addresses]
            wrong[which] ^= 1 << bit
            assert of(machine, program, "execve", *wrong) == KILL
    assert of(machine, program, "tgkill", os.getpid(), 5, 6) == ALLOW
    assert of(machine, program, "tgkill", os.getppid(), 5, 6) == REFUSED
    assert of(machine, program, "read") == ALLOW


def test_no_name_is_mistyped() -> None:
    # One that a machine does not have is passed over in silence, so x86-64 must have them all.
    assert {*_unconditional(), *_conditional()} <= set(X86_64.numbers)
    assert set(X86_64.numbers) - {*_unconditional(), *_conditional()} == {"seccomp"}


def test_only_these_machines_have_a_filter() -> None:
    assert machine_named("x86_64") is X86_64
    assert machine_named("aarch64") is AARCH64
    assert machine_named("riscv64") is None


@pytest.mark.parametrize(
    ("machine", "header"),
    [
        (X86_64, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
        (AARCH64, "/usr/include/asm-generic/unistd.h"),
    ],
    ids=["x86_64", "aarch64"],
)
def test_numbers_are_the_kernels(machine: Machine, header: str) -> None:
    if not Path(header).exists():
        pytest.skip("the kernel's headers are not here")
    text = Path(header).read_text()
    text += "".join(  # the generic header names some by a second macro
        f"#define __NR_{name} {number}\n"
        for name, number in re.findall(r"#define __NR3264_(\w+) (\d+)", text)
    )
    found = {name: int(number) for name, number in re.findall(r"#define __NR_(\w+)\s+(\d+)", text)}
    if machine is AARCH64:
        found["newfstatat"] = found.get("newfstatat", found["fstatat"])
    for name, number in machine.numbers.items():
        assert found.get(name) == number, name
    column = 0 if machine is X86_64 else 1
    for name, numbers in DANGEROUS.items():
        if numbers[column] is not None:
            assert found.get(name) == numbers[column], name
