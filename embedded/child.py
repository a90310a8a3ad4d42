"""Exec helper: becomes the given command, tied to the life of the process that started it.

Run as a script, without the package and without site: `python -I -S child.py PARENT SIGNAL UID GID
ABILITIES -- argv...`. A `preexec_fn` could do the same, but it runs Python between fork and exec.
"""

import ctypes
import os
import signal
import struct
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522
_REACH = (2, 1)  # CAP_DAC_READ_SEARCH, else the stronger CAP_DAC_OVERRIDE that containers keep

_libc = ctypes.CDLL(None, use_errno=True)


def main(arguments: list[str]) -> None:
    """Set the process up and exec; does not come back."""
    parent, death_signal, uid, gid, reach = (int(text) for text in arguments[:5])
    argv = arguments[6:]
    if uid:
        _become(uid, gid, keep_reach=bool(reach))
    # After the change of user, which clears it.
    _check(_libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0), "prctl")
    if os.getppid() != parent:
        sys.exit(1)  # the parent died before the signal was arranged
    # What a terminal's shell may have set to be ignored would be inherited by the command.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.execv(argv[0], argv)


def _become(uid: int, gid: int, *, keep_reach: bool) -> None:
    """Change to an unprivileged user; with `keep_reach` it may still pass closed directories."""
    capability = _first_permitted() if keep_reach else None
    if capability is not None:
        _check(_libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl")
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if capability is not None:
        mask = 1 << capability
        header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
        _check(_libc.capset(header, struct.pack("=6I", mask, mask, mask, 0, 0, 0)), "capset")
        # Ambient, so that it survives exec and reaches the server's own children.
        _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0), "prctl")


def _first_permitted() -> int | None:
    with open("/proc/self/status") as status:  # noqa: PTH123 - pathlib costs half the start time
        line = next(line for line in status if line.startswith("CapPrm"))
    permitted = int(line.split()[1], 16)
    return next((number for number in _REACH if permitted >> number & 1), None)


def _check(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


if __name__ == "__main__":
    main(sys.argv[1:])
