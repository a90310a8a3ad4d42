"""What the way through S3, SQS and Postgres adds to FFmpeg itself.

`pipeline_ratio`: the time from the request that completes the upload until a client that follows
the events is told `ready`, over the wall time of the very same FFmpeg command run by hand on local
files. Fair because both use the same binary, source and arguments (the worker's log is compared;
only that the worker may read from a pipe while the film arrives is its own affair),
and take turns, so that a slower minute of the machine meets both. The seconds of each stage come
from the job's log and say where the difference lies.
"""

import shlex
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from bench import joblog
from bench.byhand import prepare
from bench.errors import MeasureError
from bench.film import large_film
from bench.measure import Measured, Options, median_ratio
from bench.world import Run, World, world
from workers.media.ladder import MISSION_LADDER

_PAIRS = 5


def measure(options: Options) -> Measured:
    """Make the measure of the film that was chosen."""
    return _measured(options.film, "pipeline", 1 if options.quick else _PAIRS)


def measure_large(options: Options) -> Measured:
    """Make the measure of a film of more than 200 MB, without what the store takes to complete it.

    The embedded store puts a large upload together in a second. That is its own affair.
    """
    with tempfile.TemporaryDirectory(prefix="framemill-large-") as folder:
        film = large_film(Path(folder))
        return _measured(film, "pipeline_large", 1 if options.quick else _PAIRS, completing=False)


def _measured(film: Path, name: str, pairs: int, *, completing: bool = True) -> Measured:
    ours: list[float] = []
    hand: list[float] = []
    parts: list[dict[str, float]] = []
    with world(ladder=replace(MISSION_LADDER, packaged=False)) as held:
        by_hand = prepare(held, film)
        for _ in range(pairs):
            run = held.transcoded(film)
            log = joblog.fetch(held.api, run.video.id)
            if joblog.command(log) != shlex.join(["ffmpeg", *by_hand.argv[1:]]):
                raise MeasureError("The worker ran another FFmpeg command than was planned here.")
            parts.append(parts_of(held, run, log))
            ours.append(run.seconds - (0 if completing else parts[-1]["completing"]))
            hand.append(by_hand.run())
    figures = {f"{name}_ratio": median_ratio(ours, hand)}
    for part in parts[0]:
        figures[f"{name}_{part}_s"] = statistics.median(each[part] for each in parts)
    figures[f"{name}_by_hand_s"] = statistics.median(hand)
    samples = {"complete_to_ready_s": ours, "by_hand_s": hand, "parts_s": parts}
    return Measured(figures, samples)


def parts_of(held: World, run: Run, log: str) -> dict[str, float]:
    """Return the seconds of everything between the request and the news, in order."""
    claimed = held.log_time("claimed", run.video.id)
    inside = joblog.stages(log)
    return {
        "completing": run.answered - run.asked,
        # Can be below zero: the task may be claimed before the answer has reached the client.
        "waiting": claimed - run.answered,
        **inside,
        # The commit, the event, and the client reading it.
        "telling": run.ready - claimed - sum(inside.values()),
    }
