"""How far a task is, as people are told. Pure."""

from dataclasses import dataclass

from core.states import Stage

# Where each stage begins and ends, in percent of the whole. Encoding takes nearly all the time.
_SPANS = {
    Stage.FETCHING: (0.0, 8.0),
    Stage.INSPECTING: (8.0, 10.0),
    Stage.ENCODING: (10.0, 95.0),
    Stage.PUBLISHING: (95.0, 99.0),
}


@dataclass
class Meter:
    """Written by the work, read by the heartbeat.

    Attributes:
        stage: where the task is.
        percent: of the whole task; never falls.
        eta_s: seconds until it is likely done, or None.
    """

    stage: Stage = Stage.FETCHING
    percent: float = 0.0
    eta_s: float | None = None

    def enter(self, stage: Stage) -> None:
        """Begin a stage."""
        self.stage = stage
        self.at(0.0, self.eta_s if stage is Stage.PUBLISHING else None)

    def at(self, fraction: float, eta_s: float | None = None) -> None:
        """Say how much of the present stage is done, from 0 to 1."""
        first, last = _SPANS[self.stage]
        reached = first + (last - first) * min(max(fraction, 0.0), 1.0)
        self.percent = max(self.percent, round(reached, 1))
        self.eta_s = None if eta_s is None else round(eta_s, 1)
