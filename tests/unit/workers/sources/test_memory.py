"""An index that a stranger wrote takes little more memory than its own size."""

import struct
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest

from tests.hostile.boxes import box
from workers.formats.shape import DEFAULT_SHAPE

# Prints what was chosen, and by how many KiB that raised the most that the process ever held: by
# /proc, since getrusage tells the most of the process, too, that this one was forked from.
_MEASURED = """
import pathlib, re, sys
from workers.sources.choose import choose
from workers.formats.known import Known

def most():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])

data = pathlib.Path(sys.argv[1]).read_bytes()
known = Known(len(data), ((0, data),))
before = most()
found = choose(known)
after = most()
print(getattr(found, "reason", type(found).__name__))
print(after - before)
"""
_ROOM = DEFAULT_SHAPE.largest_index - 4096


def _table(kind: bytes, width: int, *values: int) -> bytes:
    return box(kind, struct.pack(f">II{len(values)}I", 0, len(values) // width, *values))


def _film(samples: int, **tables: bytes) -> bytes:
    """One track of samples of one byte, each a chunk of its own unless a table says otherwise."""
    table = {
        "stts": _table(b"stts", 2, samples, 1),
        "stsc": _table(b"stsc", 3, 1, 1, 1),
        "stsz": box(b"stsz", struct.pack(">III", 0, 1, samples)),
        "stco": _table(b"stco", 1, *range(8, 8 + samples)),
    } | tables
    media = box(
        b"mdia",
        box(b"mdhd", struct.pack(">12xII4x", 1000, samples)),
        box(b"hdlr", b"\0" * 8 + b"vide" + b"\0" * 13),
        box(b"minf", box(b"stbl", *table.values())),
    )
    header = box(b"mvhd", struct.pack(">12xII80x", 1000, samples))
    return box(b"mdat", b"\0" * samples) + box(b"moov", header, box(b"trak", media))


def _full_of(kind: str) -> bytes:
    if kind == "chunks":
        return _film(500_000)
    if kind == "times":
        return _film(1, stts=_table(b"stts", 2, 1, 1, *[0] * (_ROOM // 4 - 2)))
    if kind == "counts":
        runs = chain.from_iterable((first, 1, 1) for first in range(1, _ROOM // 12))
        return _film(1, stsc=_table(b"stsc", 3, *runs))
    samples = _ROOM // 4
    return _film(
        samples,
        stsc=_table(b"stsc", 3, 1, samples, 1),
        stsz=box(b"stsz", struct.pack(f">III{samples}I", 0, 0, samples, *[1] * samples)),
        stco=_table(b"stco", 1, 8),
    )


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is read")
@pytest.mark.parametrize(
    ("kind", "said"),
    [("chunks", "Pipe"), ("times", "Pipe"), ("counts", "do not exist"), ("sizes", "Pipe")],
)
def test_no_table_takes_much_more_than_its_own_size(tmp_path: Path, kind: str, said: str) -> None:
    (tmp_path / "film").write_bytes(_full_of(kind))
    argv = [sys.executable, "-c", _MEASURED, str(tmp_path / "film")]
    told = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    chosen, peak_kib = told.splitlines()
    assert said in chosen
    assert int(peak_kib) * 1024 < 6 * DEFAULT_SHAPE.largest_index
