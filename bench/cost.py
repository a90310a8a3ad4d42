"""What one run of a program costs."""

import resource
import subprocess
import time
from pathlib import Path

from workers.ffmpeg.process import ENVIRONMENT, launched
from workers.sandbox.policy import Policy


def cost_of(argv: list[str], policy: Policy | None, place: Path) -> tuple[float, float]:
    """Run a program from the worker's launcher in `place`; return wall and processor seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    subprocess.run(
        launched(argv, policy), cwd=place, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
        capture_output=True, check=True, start_new_session=True,
    )  # fmt: skip
    wall = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
