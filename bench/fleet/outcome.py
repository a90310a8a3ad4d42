"""What a simulation found."""

from array import array
from dataclasses import dataclass, field
from typing import NamedTuple


class Minute(NamedTuple):
    """How it stood at the end of a minute.

    Attributes:
        arrived: videos in this minute.
        queued: videos that waited.
        workers: that were paid for, those that start included.
        spot: of them.
        in_flight: videos that were worked on.
        oldest_s: for how long the oldest had waited.
    """

    arrived: int
    queued: int
    workers: int
    spot: int
    in_flight: int
    oldest_s: float


@dataclass
class Outcome:
    """Everything about a run.

    Attributes:
        started: when each video was begun for the first time; -1 if never.
        ready: when each was ready; -1 if never.
        times_ready: how often each became ready; anything but 1 is a fault or a failure.
        failed: videos that were given up.
        interrupted: attempts that were not finished.
        lost_s: worker seconds of those attempts.
        notices: of Spot capacity.
        launches: workers that were started.
        spot_s: seconds of Spot workers that are paid for.
        on_demand_s: seconds of the others.
        minutes: how it stood, minute by minute.
    """

    started: "array[float]"
    ready: "array[float]"
    times_ready: bytearray
    failed: int = 0
    interrupted: int = 0
    lost_s: float = 0.0
    notices: int = 0
    launches: int = 0
    spot_s: float = 0.0
    on_demand_s: float = 0.0
    minutes: list[Minute] = field(default_factory=list)

    def paid(self, spot: bool, seconds: float) -> None:
        """Note the time of a worker that has ended."""
        # Fargate counts a minute at the least.
        seconds = max(seconds, 60.0)
        if spot:
            self.spot_s += seconds
        else:
            self.on_demand_s += seconds
