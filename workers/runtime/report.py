"""What attempts report: their progress and their log."""

import time
from dataclasses import dataclass, field

from core.model.states import Stage
from core.progress import Progress

_MOST = 256 * 1024  # characters of a log
# Where each stage begins and ends, in percent of the whole. Encoding takes nearly all the time.
_SPANS = {
    Stage.FETCHING: (0.0, 8.0),
    Stage.INSPECTING: (8.0, 10.0),
    Stage.ENCODING: (10.0, 95.0),
    Stage.PUBLISHING: (95.0, 99.0),
}


@dataclass
class Report:
    """Progress and log of tasks that follow each other in the same hands.

    The work writes it; the heartbeat reads it, and who writes how an attempt ended.

    Attributes:
        stage: where the task is.
        percent: of the whole job; never falls.
        eta_s: seconds until it is likely done, or None.
        cpu_seconds: what the programs of the present attempt have used.
    """

    stage: Stage = Stage.FETCHING
    percent: float = 0.0
    eta_s: float | None = None
    cpu_seconds: float = 0.0
    _started: float = field(default_factory=time.monotonic)
    _lines: list[str] = field(default_factory=list)
    _size: int = 0

    @property
    def progress(self) -> Progress:
        """The progress to report."""
        return Progress(self.stage, self.percent, self.eta_s)

    @property
    def age_s(self) -> float:
        """Seconds since the first attempt began."""
        return time.monotonic() - self._started

    def enter(self, stage: Stage) -> None:
        """Begin a stage."""
        self.stage = stage
        self.at(0.0, self.eta_s if stage is Stage.PUBLISHING else None)

    def at(self, fraction: float, eta_s: float | None = None) -> None:
        """Report how much of the present stage is done, from 0 to 1."""
        first, last = _SPANS[self.stage]
        reached = first + (last - first) * min(max(fraction, 0.0), 1.0)
        self.percent = max(self.percent, round(reached, 1))
        self.eta_s = None if eta_s is None else round(eta_s, 1)

    def add(self, text: str) -> None:
        """Add a line to the log, or several. The oldest are kept when it grows too long."""
        if self._size > _MOST:
            return
        line = f"{self.age_s:9.3f}  {text.rstrip()}"
        self._size += len(line)
        self._lines.append(line)

    def spent(self, cpu_seconds: float) -> None:
        """Note what a program has used."""
        self.cpu_seconds += cpu_seconds

    def log(self) -> bytes:
        """Return the log as UTF-8."""
        return ("\n".join(self._lines) + "\n").encode(errors="replace")
