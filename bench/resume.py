"""What is saved when a worker is stopped in the middle of an encode.

A film is made with the usual ladder (`whole`); then once more, and its worker is stopped when three
quarters are encoded, and another one is started (`rest`). `resume_ratio` is the time from the stop
until the film is ready, over that of the whole film: 1 and more if all were made again, a quarter
if nothing were lost. The start of the new worker counts as ours.
"""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.errors import MeasureError
from bench.film import looped
from bench.measure import Measured, Options, median_ratio
from bench.world import World, world
from workers.media.ladder import DEFAULT_LADDER

_PAIRS = 3
_TIMES = 2
_STOP_AT = 75  # percent


def measure(options: Options) -> Measured:
    """Make the measure."""
    whole: list[float] = []
    rest: list[float] = []
    with (
        tempfile.TemporaryDirectory(prefix="framemill-resume-") as folder,
        world(ladder=replace(DEFAULT_LADDER, packaged=False)) as held,
    ):
        film = looped(options.film, Path(folder) / "film.mp4", _TIMES)
        for _ in range(1 if options.quick else _PAIRS):
            whole.append(held.transcoded(film).seconds)
            rest.append(_rest(held, film))
    return Measured({"resume_ratio": median_ratio(rest, whole)}, {"whole_s": whole, "rest_s": rest})


def _rest(held: World, film: Path) -> float:
    """Return the seconds from the stop of a worker until the film is ready."""
    video_id = held.client.upload(film).id
    stopped = 0.0
    for video in held.client.watch(video_id):
        if video.state == "ready":
            return time.monotonic() - stopped
        if not stopped and video.progress >= _STOP_AT:
            stopped = time.monotonic()
            held.stack.supervisor.begin("worker")  # stops the one that runs
    raise MeasureError("The film did not become ready.")
