"""What the sandbox around FFmpeg costs.

`sandbox_ratio`: the wall time of the worker's own command in the sandbox over that outside of it,
from the same launcher, on the same files, in turn; the median over the pairs. `sandbox_cpu_ratio`:
the same of processor time. `sandbox_start_ms`: what it adds to a start, seen at `ffprobe -version`.
"""

import asyncio
import shutil
import statistics
import tempfile
from pathlib import Path

from bench.cost import cost_of
from bench.errors import MeasureError
from bench.measure import Measured, Options, median_ratio
from embedded.ffmpeg import find_tools
from workers.ffmpeg.capabilities import ask_capabilities
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.probe import probe
from workers.media.ladder import MISSION_LADDER
from workers.media.limits import DEFAULT_LIMITS
from workers.media.plan import plan
from workers.sandbox.choose import NoSandboxError, choose
from workers.sandbox.policies import encode_policy, probe_policy

_PAIRS = 5
_STARTS = 40


def measure(options: Options) -> Measured:
    """Make the measure."""
    tools = find_tools()
    ffmpeg, ffprobe = str(tools.ffmpeg), str(tools.ffprobe)
    with tempfile.TemporaryDirectory(prefix="framemill-sandbox-") as name:
        place = Path(name)
        source, out = place / "input", place / "out"
        shutil.copyfile(options.film, source)
        try:
            sandbox = asyncio.run(choose("required", ffmpeg, ffprobe, place))
        except NoSandboxError as error:
            raise MeasureError(f"{error}.") from None
        decided = plan(asyncio.run(probe(ffprobe, "./input", cwd=place)), MISSION_LADDER)
        capabilities = asyncio.run(ask_capabilities(ffmpeg))
        encode = encode_command(ffmpeg, decided, "./input", "out", capabilities)
        held = encode_policy(sandbox, ffmpeg, decided, source, out, DEFAULT_LIMITS)
        wall: dict[str, list[float]] = {"in": [], "out": []}
        cpu: dict[str, list[float]] = {"in": [], "out": []}
        for _ in range(1 if options.quick else _PAIRS):
            for side, policy in (("in", held), ("out", None)):
                shutil.rmtree(out, ignore_errors=True)
                out.mkdir()
                seconds, processor = cost_of(encode, policy, place)
                wall[side].append(seconds)
                cpu[side].append(processor)
        held = probe_policy(sandbox, ffprobe, source, DEFAULT_LIMITS.probe_timeout_s)
        starts: dict[str, list[float]] = {"in": [], "out": []}
        for _ in range(5 if options.quick else _STARTS):
            for side, policy in (("in", held), ("out", None)):
                starts[side].append(cost_of([ffprobe, "-version"], policy, place)[0])
    added = statistics.median(starts["in"]) - statistics.median(starts["out"])
    figures = {
        "sandbox_ratio": median_ratio(wall["in"], wall["out"]),
        "sandbox_cpu_ratio": median_ratio(cpu["in"], cpu["out"]),
        "sandbox_start_ms": 1000 * added,
    }
    return Measured(figures, {"wall_s": wall, "cpu_s": cpu, "start_s": starts})
