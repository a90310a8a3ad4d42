"""What poster and storyboard cost beside the encode that they come of.

`stills_cpu_ratio`: the processor time of the worker's own command with the usual ladder, over that
of the same command in which the pictures for them go nowhere, in turn; the median over the pairs.
"""

import asyncio
import shutil
import tempfile
from pathlib import Path

from bench.cost import cost_of
from bench.measure import Measured, Options, median_ratio
from embedded.ffmpeg import find_tools
from workers.ffmpeg.capabilities import ask_capabilities
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.probe import probe
from workers.media.ladder import DEFAULT_LADDER
from workers.media.plan import plan
from workers.media.tracks import tracks_of

_PAIRS = 5
_BRANCHES = ("[still]", "[small]")  # as the graph of the picture names them


def measure(options: Options) -> Measured:
    """Make the measure."""
    tools = find_tools()
    with tempfile.TemporaryDirectory(prefix="framemill-stills-") as name:
        place = Path(name)
        out = place / "out"
        shutil.copyfile(options.film, place / "input")
        decided = plan(asyncio.run(probe(str(tools.ffprobe), "./input", cwd=place)), DEFAULT_LADDER)
        capabilities = asyncio.run(ask_capabilities(str(tools.ffmpeg)))
        argv = encode_command(str(tools.ffmpeg), decided, "./input", "out", capabilities)
        ways = {"with": argv, "without": without_stills(argv)}
        cpu: dict[str, list[float]] = {side: [] for side in ways}
        for _ in range(1 if options.quick else _PAIRS):
            for side, command in ways.items():
                shutil.rmtree(out, ignore_errors=True)
                for track in tracks_of(decided):
                    (out / track.name).mkdir(parents=True)
                cpu[side].append(cost_of(command, None, place)[1])
    ratio = median_ratio(cpu["with"], cpu["without"])
    return Measured({"stills_cpu_ratio": ratio}, {"cpu_s": cpu})


def without_stills(argv: list[str]) -> list[str]:
    """Return the command of an encode whose branches for poster and storyboard end at once."""
    at = argv.index("-filter_complex") + 1
    chains = argv[at].split(";")
    end = next(at for at, chain in enumerate(chains) if chain.startswith(_BRANCHES))
    ends = [f"{branch}nullsink" for branch in _BRANCHES]
    graph = ";".join([*chains[:end], *ends])
    return [*argv[:at], graph, *argv[at + 1 : argv.index("[poster]") - 1]]
