"""Landlock's rights (linux/landlock.h), and which of them a kernel knows."""

EXECUTE = 1 << 0
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
MAKE_REG = 1 << 8
TRUNCATE = 1 << 14  # ABI 3

# What may be done with a program and its loader, with a library or the input, and in the directory
# of the outputs, in which files are made.
PROGRAM = EXECUTE | READ_FILE
READ = READ_FILE | READ_DIR
WRITE = READ_FILE | WRITE_FILE | MAKE_REG | TRUNCATE

_FIRST = (1 << 13) - 1  # everything in ABI 1: execute, read, write, remove, and make of each kind
_SINCE = {2: 1 << 13, 3: TRUNCATE, 5: 1 << 15}  # REFER, TRUNCATE, IOCTL_DEV
_TCP = 1 << 0 | 1 << 1  # ABI 4: bind, connect
_SCOPES = 1 << 0 | 1 << 1  # ABI 6: abstract UNIX sockets, signals


def handled(abi: int) -> tuple[int, int, int]:
    """Return all that a kernel of this Landlock ABI can refuse, unless a rule allows it.

    Rights of files and directories; of TCP ports; means to reach processes outside.
    """
    files = _FIRST
    for since, right in _SINCE.items():
        files |= right if abi >= since else 0
    return files, _TCP if abi >= 4 else 0, _SCOPES if abi >= 6 else 0
