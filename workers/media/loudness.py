"""How loud a sound is, from what FFmpeg's meter has written down. Pure.

Sources: EBU R 128 and Tech 3341, 3342; ITU-R BS.1770.
"""

import math
import re
from dataclasses import dataclass

_VALUE = re.compile(r"^lavfi\.r128\.(I|LRA|true_peak)=(-?\d+(?:\.\d+)?)$", re.MULTILINE)
_START = re.compile(r"^frame:\d+ +pts:-?\d+ +pts_time:(-?\d+(?:\.\d+)?)$", re.MULTILINE)
_SILENT_LUFS = -70.0  # what is not louder is not counted
# Where the format of a sound changes under way, the meter begins anew.
_MOST_START_S = 1.0


@dataclass(frozen=True)
class Loudness:
    """Of all of a sound.

    Attributes:
        integrated_lufs: loudness, in LUFS.
        true_peak_dbtp: the highest peak between samples too, in dB of full scale.
        range_lu: how much it changes, in LU.
    """

    integrated_lufs: float
    true_peak_dbtp: float
    range_lu: float


def loudness_of(begin: str, end: str) -> Loudness | None:
    """Return what the meter says in the end; None of silence, and where it missed the beginning.

    It writes a line with the time, and then values until then as `lavfi.r128.I=-23.0`, over and
    over. `begin` and `end` are what it has written first and last.
    """
    first = _START.search(begin)
    if first is None or float(first[1]) > _MOST_START_S:
        return None
    values = {name: float(value) for name, value in _VALUE.findall(end)}
    if values.keys() < {"I", "LRA", "true_peak"} or values["true_peak"] <= 0:
        return None
    if values["I"] <= _SILENT_LUFS:
        return None
    return Loudness(
        integrated_lufs=round(values["I"], 1),
        true_peak_dbtp=round(20 * math.log10(values["true_peak"]), 1),
        range_lu=round(values["LRA"], 1),
    )
