"""How close a rendition is to its source: VMAF where FFmpeg has it, else SSIM."""

import json
import re
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

from bench.errors import MeasureError

_LOG = "vmaf.json"


def filter_graph(rate: Fraction, width: int, height: int, score: str) -> str:
    """Write the graph that compares input 0, scaled to `width` x `height`, with input 1.

    Frame n must meet frame n: counting the time stamps anew does that, since another start time
    or a drift of the clock would compare each picture with its neighbour.
    """
    count = f"settb={rate.denominator}/{rate.numerator},setpts=N"
    return (
        f"[0:v]{count},scale={width}:{height}:flags=bicubic,format=yuv420p[made];"
        # A source with a variable rate is brought to the rate of its renditions first.
        f"[1:v]fps={rate.numerator}/{rate.denominator},{count},format=yuv420p[source];"
        f"[made][source]{score}"
    )


def score(
    ffmpeg: str,
    has_vmaf: bool,
    made: Path,
    source: Path,
    rate: Fraction,
    size: tuple[int, int],
    *,
    every: int = 1,
) -> dict[str, Any]:
    """Return the name of the score and its mean over the frames.

    Args:
        ffmpeg: path of the program.
        has_vmaf: whether it has the filter `libvmaf`.
        made: the rendition; must have as many frames as the source at `rate`.
        source: what it was made of.
        rate: frames per second.
        size: width and height of the source's picture, upright.
        every: look at each so-manieth frame only; VMAF alone knows this.

    Raises:
        CalledProcessError: FFmpeg failed.
        MeasureError: it gave no score.
    """
    vmaf = f"libvmaf=n_threads=2:n_subsample={every}:log_fmt=json:log_path={_LOG}"
    wanted = vmaf if has_vmaf else "ssim"
    done = subprocess.run(
        [
            ffmpeg, "-nostdin", "-hide_banner", "-i", str(made), "-i", str(source),
            "-lavfi", filter_graph(rate, *size, wanted), "-f", "null", "-",
        ],
        cwd=made.parent, check=True, capture_output=True, text=True,
    )  # fmt: skip
    if has_vmaf:
        pooled = json.loads((made.parent / _LOG).read_text())["pooled_metrics"]
        return {"score": "vmaf", "value": round(float(pooled["vmaf"]["mean"]), 2)}
    found = re.search(r"SSIM .*All:([\d.]+)", done.stderr)
    if found is None:
        raise MeasureError("FFmpeg gave no SSIM.")
    return {"score": "ssim", "value": float(found[1])}
