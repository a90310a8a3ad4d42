"""Finds the libraries that a program needs, by asking its dynamic loader."""

import re
import struct
from pathlib import Path

from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, run
from workers.sandbox.policy import Needs

_LIMITS = ProcessLimits(wall_seconds=10.0, stdout_bytes=1024**2)
_PT_INTERP = 3  # elf(5)
_CACHE = Path("/etc/ld.so.cache")  # where glibc's loader looks the libraries up
_PATH_IN_LISTING = re.compile(r"(/\S.*?) \(0x[0-9a-f]+\)$", re.MULTILINE)


class UnreadableProgramError(Exception):
    """A program is no ELF file, or its loader cannot load it."""


async def needs_of(program: str) -> Needs:
    """Return what a program needs.

    The very files rather than the system's directories of libraries: those hold programs too.

    Raises:
        UnreadableProgramError: it is no program of this kind of machine.
        OSError: it cannot be read.
    """
    loader = _loader(Path(program))
    if loader is None:
        return Needs((program,), ())
    try:
        listed = await run([loader, "--list", program], cwd=Path("/"), limits=_LIMITS)
    except FFmpegFailedError as error:
        raise UnreadableProgramError(f"{loader} cannot list the libraries of {program}") from error
    libraries = parse_listing(listed.stdout.decode()) - {loader}
    if _CACHE.exists():
        libraries |= {str(_CACHE)}
    return Needs((program, loader), tuple(sorted(libraries)))


def parse_listing(listing: str) -> frozenset[str]:
    """Return the paths in what `ld.so --list` prints, for example `libm.so.6 => /lib/… (0x7f…)`."""
    return frozenset(_PATH_IN_LISTING.findall(listing))


def _loader(program: Path) -> str | None:
    """Return the interpreter that a 64-bit little-endian ELF file names, None for a static one."""
    with program.open("rb") as file:
        head = file.read(64)
        if head[:6] != b"\x7fELF\x02\x01":
            raise UnreadableProgramError(f"{program} is no program of a 64-bit machine")
        (table,) = struct.unpack_from("<Q", head, 32)
        size, count = struct.unpack_from("<HH", head, 54)
        for number in range(count):
            file.seek(table + number * size)
            entry = file.read(56)
            kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", entry)
            if kind == _PT_INTERP:
                file.seek(offset)
                return file.read(length).rstrip(b"\0").decode()
    return None
