"""Applies a sandbox to this process, then becomes another program in it.

Run as a script by `workers/ffmpeg/process.py`, so it stands alone and imports little: its start-up
is part of every FFmpeg start. `python -I -S launch.py PARENT_PID [WORD VALUE]... -- PROGRAM
ARGUMENT...`: the words are a policy (`policy.py`), and without any the program only dies with its
parent. What cannot be set up ends this with status 125, before the program has run.
"""

import ctypes
import errno
import os
import resource
import signal
import stat
import struct
import sys

SETUP_FAILED = 125  # as env, timeout and docker say that they themselves failed

# linux/prctl.h
_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_LAST_CAPABILITY = 63  # there are 41; a set has 64 bits
_CAPABILITY_VERSION = 0x20080522  # linux/capability.h

# linux/landlock.h; calls as new as these have one number on all machines.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_CLOSE_RANGE = 436
_RULE_PATH_BENEATH = 1
_FILE_RIGHTS = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # those that a mere file can have

# linux/seccomp.h. Without SPEC_ALLOW kernels before 5.16 slow every memory access down.
_SET_MODE_FILTER, _SPEC_ALLOW = 1, 1 << 2
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050001


class SetupError(Exception):
    """A step of the sandbox could not be done."""


def main() -> None:
    """Take the steps in the order in which each needs the ones before, and become the program."""
    separator = sys.argv.index("--")
    words, argv = sys.argv[2:separator], sys.argv[separator + 1 :]
    libc = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "linux":
        libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL))
        # The parent may have died before the request was in place.
        if os.getppid() != int(sys.argv[1]):
            os._exit(1)
    program = _Program(argv)
    if words:
        try:
            _close_descriptors(libc)
            _restrict(libc, list(zip(words[::2], words[1::2], strict=True)), program)
        except Exception as error:  # noqa: BLE001  Python's status 1 would pass for FFmpeg's
            sys.stderr.write(f"sandbox: {error}\n")
            sys.stderr.flush()
            os._exit(SETUP_FAILED)
    number = program.become(libc)
    sys.stderr.write(f"{argv[0]}: {os.strerror(number)}\n")
    sys.stderr.flush()
    # The shell's numbers for "not found" and "not executable".
    os._exit(127 if number == errno.ENOENT else 126)


class _Program:
    """What is to be executed, at addresses that are known before it is."""

    def __init__(self, argv: list[str]) -> None:
        arguments = [os.fsencode(word) for word in argv]
        variables = [b"%b=%b" % pair for pair in os.environb.items()]
        self._path = ctypes.create_string_buffer(arguments[0])
        self._argv = (ctypes.c_char_p * (len(arguments) + 1))(*arguments, None)
        self._variables = (ctypes.c_char_p * (len(variables) + 1))(*variables, None)
        self.addresses = [ctypes.addressof(x) for x in (self._path, self._argv, self._variables)]

    def become(self, libc: ctypes.CDLL) -> int:
        """Execute it; return the error number when that fails."""
        libc.execve(*map(ctypes.c_void_p, self.addresses))
        return ctypes.get_errno()


def _restrict(libc: ctypes.CDLL, policy: list[tuple[str, str]], program: _Program) -> None:
    ruleset = -1
    for word, value in policy:
        if word == "limit":
            _limit(*map(int, value.split(":")))
    _drop_privileges(libc)
    for word, value in policy:
        if word == "landlock":
            ruleset = _create_ruleset(libc, *map(int, value.split(":")))
        elif word == "allow":
            rights, _, path = value.partition(":")
            _allow(libc, ruleset, int(rights), path)
        elif word == "seccomp":
            # The last but for executing: it forbids most of the above.
            _enter(libc, ruleset)
            ruleset = -1
            *numbers, filter_ = value.split(":")
            call, execve, tgkill = map(int, numbers)
            _filter(libc, call, _guard(execve, tgkill, program.addresses))
            _filter(libc, call, bytes.fromhex(filter_))
    _enter(libc, ruleset)


def _close_descriptors(libc: ctypes.CDLL) -> None:
    if _call(libc, _CLOSE_RANGE, 3, 2**32 - 1, 0) < 0:  # before Linux 5.9
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))


def _limit(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    # Between SIGXCPU, which names the reason, and SIGKILL there has to be a second.
    end = most + 1 if which == resource.RLIMIT_CPU and most != hard else most
    resource.setrlimit(which, (most, end))


def _drop_privileges(libc: ctypes.CDLL) -> None:
    """Have the program hold no capability, root's or inherited, and never get one again."""
    zeros = [ctypes.c_ulong(0)] * 3
    for capability in range(_LAST_CAPABILITY + 1):
        # Who may not has none to lose.
        libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), *zeros)
    libc.prctl(_PR_CAP_AMBIENT, ctypes.c_ulong(_PR_CAP_AMBIENT_CLEAR_ALL), *zeros)
    # Root would get the inheritable ones back; no process is refused to give its own up.
    none = struct.pack("=IiIIIIII", _CAPABILITY_VERSION, 0, 0, 0, 0, 0, 0, 0)
    _check("capabilities", libc.capset(none[:8], none[8:]))
    _check("no_new_privs", libc.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), *zeros))


def _create_ruleset(libc: ctypes.CDLL, files: int, network: int, scopes: int) -> int:
    attributes = struct.pack("=QQQ", files, network, scopes)
    # A kernel refuses a longer structure than it knows, unless the rest of it is zero.
    return _check("Landlock", _call(libc, _CREATE_RULESET, attributes, len(attributes), 0))


def _allow(libc: ctypes.CDLL, ruleset: int, rights: int, path: str) -> None:
    try:
        target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        raise SetupError(f"{path}: {error.strerror}") from None
    if not stat.S_ISDIR(os.fstat(target).st_mode):
        rights &= _FILE_RIGHTS
    rule = struct.pack("=Qi", rights, target)
    _check(path, _call(libc, _ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0))
    os.close(target)


def _enter(libc: ctypes.CDLL, ruleset: int) -> None:
    if ruleset >= 0:
        _check("Landlock", _call(libc, _RESTRICT_SELF, ruleset, 0))
        os.close(ruleset)


def _guard(execve: int, tgkill: int, addresses: list[int]) -> bytes:
    """Return a filter that lets pass one `execve`, and signals to this process alone.

    A filter sees the addresses of a path and of its arguments, not what is there. Those of this
    process are random and gone once it has become the program, which a wrong guess kills.
    """
    calls = [(_LOAD, 0, 0, 0)]
    same = []
    for number, address in enumerate(addresses):
        for offset, word in ((0, address & 0xFFFFFFFF), (4, address >> 32)):
            same += [(_LOAD, 0, 0, 16 + 8 * number + offset), (_EQUAL, 1, 0, word)]
            same += [(_RETURN, 0, 0, _KILL)]
    own = [(_LOAD, 0, 0, 16), (_EQUAL, 1, 0, os.getpid()), (_RETURN, 0, 0, _REFUSE)]
    allow = (_RETURN, 0, 0, _ALLOW)
    calls += [(_EQUAL, 0, len(same) + 1, execve), *same, allow]
    calls += [(_EQUAL, 0, len(own) + 1, tgkill), *own, allow, allow]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in calls)


def _filter(libc: ctypes.CDLL, call: int, instructions: bytes) -> None:
    # struct sock_fprog: the number of instructions, and where they are.
    code = ctypes.create_string_buffer(instructions, len(instructions))
    program = struct.pack("@HP", len(instructions) // 8, ctypes.addressof(code))
    _check("seccomp", _call(libc, call, _SET_MODE_FILTER, _SPEC_ALLOW, program))


def _call(libc: ctypes.CDLL, number: int, *arguments: int | bytes) -> int:
    """Make a system call; an int is passed at the full width that the kernel reads."""
    values = [ctypes.c_long(x) if isinstance(x, int) else x for x in arguments]
    answer: int = libc.syscall(ctypes.c_long(number), *values)
    return answer


def _check(step: str, answer: int) -> int:
    if answer < 0:
        raise SetupError(f"{step}: {os.strerror(ctypes.get_errno())}")
    return answer


if __name__ == "__main__":
    main()
