"""How long a video keeps a worker busy, from what was measured on one machine. Pure but for `load`.

An encode takes processor seconds in proportion to the film's length (`measured.json` has three
lengths to judge that by). On several cores it does not become faster in proportion: how well it
filled the cores of the measuring machine gives, by Amdahl's law, the part that runs alone, and that
the speed on any number of cores.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).with_name("measured.json")


@dataclass(frozen=True)
class TaskTimes:
    """What turns a film's length into a worker's time.

    Attributes:
        cpu_s_per_s: processor seconds for a second of film, on the measuring machine.
        alone: the part of an encode, 0 to 1, that no second core makes faster.
        vcpu_factor: seconds of a Fargate vCPU for a processor second of the measuring machine.
            Not measured: Fargate gives hyper-threads of whatever processor there is. Costs and
            fleet sizes grow in proportion to it.
        fixed_s: claim, probe, first bytes, commit and settling of one video. From complete to
            FFmpeg at work took less than 0.1 s (median) where every part was on one machine
            (`python -m bench --only pickup`); the rest is an allowance for the some 40 round trips
            to S3, SQS and Postgres of another machine.
        transfer_s_per_s: seconds of fetching and storing for a second of film; an assumption:
            12 Mbit/s of source (1.5 MB a second of film) at 60 MB/s, renditions on top.
    """

    cpu_s_per_s: float
    alone: float
    vcpu_factor: float = 1.25
    fixed_s: float = 1.5
    transfer_s_per_s: float = 0.03

    def speedup(self, vcpu: float) -> float:
        """Return how many times faster than on one vCPU an encode is."""
        return 1 / (self.alone + (1 - self.alone) / vcpu)

    def seconds(self, source_s: float, vcpu: float) -> float:
        """Return for how many seconds a video of `source_s` seconds keeps a worker busy."""
        encode_s = source_s * self.cpu_s_per_s * self.vcpu_factor / self.speedup(vcpu)
        return self.fixed_s + source_s * self.transfer_s_per_s + encode_s


def load(path: Path = MEASURED) -> TaskTimes:
    """Return what was measured; the longest film decides, in it fixed costs weigh least."""
    return from_measured(json.loads(path.read_text()))


def from_measured(found: dict[str, Any]) -> TaskTimes:
    """Return the times that a measurement gives."""
    longest = max(found["encodes"], key=lambda each: each["source_s"])
    # Other work on the machine can only make the cores' use look worse: the best counts.
    runs = [*found["encodes"], found["quiet"]]
    used = max(each["cpu_s"] / each["wall_s"] for each in runs)
    return TaskTimes(
        cpu_s_per_s=longest["cpu_s"] / longest["source_s"],
        alone=part_alone(used, found["machine"]["cores"]),
    )


def part_alone(used: float, cores: int) -> float:
    """Return the part of the work that ran alone, given how many cores were used on average.

    By Amdahl's law a speed-up of S on n cores means a part of (n / S - 1) / (n - 1).
    """
    return max((cores / used - 1) / (cores - 1), 0.0)
