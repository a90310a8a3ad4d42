"""The system calls that FFmpeg needs, as a filter that refuses every other.

A filter is a program of classic BPF over `struct seccomp_data` (linux/seccomp.h): an allow-list. It
has the calls of real encodes and probes (glibc and musl, static builds and Debian's), and the calls
that their C libraries use instead on other kernels. `workers/sandbox/launch.py` adds two rules with
values that only the starting process knows: its own `execve`, and its own pid.
"""

import struct
from collections.abc import Sequence
from functools import cache

from workers.sandbox.machines import Machine

# linux/bpf_common.h: load a word, jump if equal, if at least, if any bit is set, return.
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
# Offsets in struct seccomp_data; arguments are 64 bits, and both machines little-endian.
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16
_ALLOW, _KILL = 0x7FFF0000, 0x80000000  # SECCOMP_RET_ALLOW, SECCOMP_RET_KILL_PROCESS
_ERRNO = 0x00050000  # SECCOMP_RET_ERRNO, with the number in the lower half
_EPERM, _ENOTTY, _ENOSYS = 1, 25, 38
# Calls from here on have one number on all machines and are newer than Linux 5.0. A C library that
# tries one (clone3, say) takes "no such call" for an old kernel and uses what it had before.
_NEWER_FROM = 424

_MEMORY = "brk get_mempolicy madvise mincore mlock mmap mprotect mremap msync munmap"
_THREADS = (
    "exit exit_group futex gettid membarrier restart_syscall rseq sched_get_priority_max "
    "sched_get_priority_min sched_getaffinity sched_getparam sched_getscheduler sched_yield "
    "set_robust_list set_tid_address arch_prctl"
)
_SIGNALS = "rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack"
# Which files, is Landlock's to say.
_FILES = (
    "access close dup dup2 dup3 faccessat fdatasync fstat fsync getcwd getdents64 lseek lstat "
    "newfstatat open openat pipe pipe2 poll ppoll pread64 pselect6 pwrite64 read readlink "
    "readlinkat readv select stat statx write writev"
)
_TIME = "clock_getres clock_gettime clock_nanosleep gettimeofday nanosleep time times"
_ITSELF = (
    "getcpu getegid geteuid getgid getpid getppid getpriority getrandom getrlimit getrusage getuid "
    "sysinfo uname"
)
# The launcher's own filter decides these further.
_GUARDED = "execve tgkill"

_CLONE_THREAD = 0x00010000
# Of linux/sched.h: new mounts, control groups, host name, IPC, users, processes, network.
_CLONE_NEW = 0x7E020000
_PR_SET_NAME = 15
_TERMINAL_ASKED = (0x5401, 0x5413)  # TCGETS, TIOCGWINSZ: is this a terminal, how wide
# F_DUPFD, GETFD, SETFD, GETFL, SETFL, DUPFD_CLOEXEC. Not F_SETOWN, which sends signals.
_DESCRIPTOR_ASKED = (0, 1, 2, 3, 4, 1030)

_Instruction = tuple[int, int, int, int]


@cache
def allow_list(machine: Machine) -> bytes:
    """Return the filter for a machine, as an array of `struct sock_filter`."""
    program: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    if machine.foreign_from is not None:
        program += [(_AT_LEAST, 0, 1, machine.foreign_from), (_RETURN, 0, 0, _KILL)]
    for name in _unconditional():
        if name in machine.numbers:
            program += _on(machine.numbers[name], [(_RETURN, 0, 0, _ALLOW)])
    for name, block in _conditional().items():
        program += _on(machine.numbers[name], block)
    program += [
        (_AT_LEAST, 0, 1, _NEWER_FROM),
        (_RETURN, 0, 0, _ERRNO | _ENOSYS),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
    ]
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


def _unconditional() -> list[str]:
    # Threads wait for each other all the time, so that comes first.
    return " ".join((_THREADS, _MEMORY, _FILES, _TIME, _SIGNALS, _ITSELF, _GUARDED)).split()


def _conditional() -> dict[str, list[_Instruction]]:
    return {
        # A thread, never a process, and in no new namespace.
        "clone": [
            (_LOAD, 0, 0, _ARGUMENTS),
            (_ANY_BIT, 2, 0, _CLONE_NEW),
            (_ANY_BIT, 0, 1, _CLONE_THREAD),
            (_RETURN, 0, 0, _ALLOW),
            (_RETURN, 0, 0, _ERRNO | _EPERM),
        ],
        "prctl": _if_argument(0, [_PR_SET_NAME]),
        # What is no terminal says so.
        "ioctl": _if_argument(1, _TERMINAL_ASKED, _ENOTTY),
        "fcntl": _if_argument(1, _DESCRIPTOR_ASKED),
        "prlimit64": _if_argument(0, [0]),  # its own limits only
        "setpriority": _if_argument(1, [0]),  # of itself: x264 makes some threads less urgent
    }


def _on(number: int, block: Sequence[_Instruction]) -> list[_Instruction]:
    """Run a block, which must return, for one system call; the number stays loaded otherwise."""
    return [(_EQUAL, 0, len(block), number), *block]


def _if_argument(which: int, values: Sequence[int], error: int = _EPERM) -> list[_Instruction]:
    """Allow a call whose argument, an int in C, is one of these."""
    block: list[_Instruction] = [(_LOAD, 0, 0, _ARGUMENTS + 8 * which)]
    for value in values:
        block += [(_EQUAL, 0, 1, value), (_RETURN, 0, 0, _ALLOW)]
    return [*block, (_RETURN, 0, 0, _ERRNO | error)]
