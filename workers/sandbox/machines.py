"""Processor architectures, and the numbers their kernels give to system calls."""

from dataclasses import dataclass, field
from types import MappingProxyType

# Names and numbers on x86-64 (arch/x86/entry/syscalls/syscall_64.tbl) and on aarch64
# (include/uapi/asm-generic/unistd.h); "-" where there is none.
_NUMBERS = """
access 21 -                     arch_prctl 158 -                brk 12 214
clock_getres 229 114            clock_gettime 228 113           clock_nanosleep 230 115
clone 56 220                    close 3 57                      dup 32 23
dup2 33 -                       dup3 292 24                     execve 59 221
exit 60 93                      exit_group 231 94               faccessat 269 48
fcntl 72 25                     fdatasync 75 83                 fstat 5 80
fsync 74 82                     futex 202 98                    get_mempolicy 239 236
getcpu 309 168                  getcwd 79 17                    getdents64 217 61
getegid 108 177                 geteuid 107 175                 getgid 104 176
getpid 39 172                   getppid 110 173                 getpriority 140 141
getrandom 318 278               getrlimit 97 163                getrusage 98 165
gettid 186 178                  gettimeofday 96 169             getuid 102 174
ioctl 16 29                     lseek 8 62                      lstat 6 -
madvise 28 233                  membarrier 324 283              mincore 27 232
mlock 149 228                   mmap 9 222                      mprotect 10 226
mremap 25 216                   msync 26 227                    munmap 11 215
nanosleep 35 101                newfstatat 262 79               open 2 -
openat 257 56                   pipe 22 -                       pipe2 293 59
poll 7 -                        ppoll 271 73                    prctl 157 167
pread64 17 67                   prlimit64 302 261               pselect6 270 72
pwrite64 18 68                  read 0 63                       readlink 89 -
readlinkat 267 78               readv 19 65                     restart_syscall 219 128
rseq 334 293                    rt_sigaction 13 134             rt_sigprocmask 14 135
rt_sigreturn 15 139             sched_get_priority_max 146 125  sched_get_priority_min 147 126
sched_getaffinity 204 123       sched_getparam 143 121          sched_getscheduler 145 120
sched_yield 24 124              seccomp 317 277                 select 23 -
set_robust_list 273 99          set_tid_address 218 96          setpriority 141 140
sigaltstack 131 132             stat 4 -                        statx 332 291
sysinfo 99 179                  tgkill 234 131                  time 201 -
times 100 153                   uname 63 160                    write 1 64
writev 20 66
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """A processor architecture.

    Attributes:
        name: as `os.uname().machine` says it.
        audit: what a seccomp filter reads in `seccomp_data.arch` (linux/audit.h).
        foreign_from: first number of another call convention under the same `audit`, or None:
            the x32 calls on x86-64 (`__X32_SYSCALL_BIT`).
        numbers: system calls by name.
    """

    name: str
    audit: int
    foreign_from: int | None
    numbers: MappingProxyType[str, int] = field(hash=False)


def _column(column: int) -> MappingProxyType[str, int]:
    words = _NUMBERS.split()
    rows = zip(words[::3], zip(words[1::3], words[2::3], strict=True), strict=True)
    return MappingProxyType({name: int(row[column]) for name, row in rows if row[column] != "-"})


X86_64 = Machine("x86_64", 0xC000003E, 0x4000_0000, _column(0))
AARCH64 = Machine("aarch64", 0xC00000B7, None, _column(1))
_MACHINES = {machine.name: machine for machine in (X86_64, AARCH64)}


def machine_named(name: str) -> Machine | None:
    """Return the architecture of that name, None when no filter can be made for it."""
    return _MACHINES.get(name)
