"""Reads FFmpeg's `-progress` lines and estimates the time left."""

from dataclasses import dataclass, field

from workers.media.plan import EncodePlan

# Weight of the newest speed in the average that the remaining time is computed from.
_SMOOTHING = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of FFmpeg.

    Attributes:
        out_time: seconds of output made, None before the first frame.
        frame: output frames made by the first rendition, None when not said.
        fps: frames a second, None when not said.
        speed: seconds of output per second of work, None when not said.
        done: whether this is the last report.
    """

    out_time: float | None = None
    frame: int | None = None
    fps: float | None = None
    speed: float | None = None
    done: bool = False


@dataclass(slots=True)
class ProgressParser:
    """Collects `key=value` lines until FFmpeg closes a report with `progress=`."""

    _values: dict[str, str] = field(default_factory=dict)

    def feed(self, line: str) -> Progress | None:
        """Take one line; return the report it completes, if it completes one."""
        key, equals, value = line.strip().partition("=")
        if not equals:
            return None
        if key != "progress":
            self._values[key] = value.strip()
            return None
        values, self._values = self._values, {}
        # out_time_ms holds microseconds too, by an old mistake; out_time_us says so.
        microseconds = _number(values.get("out_time_us"))
        frame = _number(values.get("frame"))
        return Progress(
            # Before the first packet the time is N/A or hugely negative.
            out_time=None if microseconds is None else max(microseconds / 1e6, 0.0),
            frame=None if frame is None else int(frame),
            fps=_number(values.get("fps")),
            speed=_number(values.get("speed", "").removesuffix("x")),
            done=value.strip() == "end",
        )


def percent(progress: Progress, plan: EncodePlan) -> float | None:
    """How much of the encode is done, 0 to 100; None when the length is unknown.

    Before FFmpeg says that it is done this stays below 100.
    """
    if progress.done:
        return 100.0
    ratios = []
    if progress.out_time is not None and plan.total_duration:
        ratios.append(progress.out_time / plan.total_duration)
    if progress.frame is not None and plan.frame_count:
        ratios.append(progress.frame / plan.frame_count)
    if not ratios:
        return None
    # Sound may run ahead of picture in out_time: the slower of the two is the truth.
    return min(max(min(ratios), 0.0) * 100, 99.0)


@dataclass(slots=True)
class RemainingTime:
    """Estimates the seconds left from a smoothed speed."""

    total: float | None
    _speed: float | None = None

    def update(self, progress: Progress) -> float | None:
        """Take a report; return the seconds left, None while they cannot be told."""
        if progress.done:
            return 0.0
        if progress.speed is not None and progress.speed > 0:
            previous = self._speed if self._speed is not None else progress.speed
            self._speed = previous + _SMOOTHING * (progress.speed - previous)
        if self.total is None or progress.out_time is None or self._speed is None:
            return None
        return max(self.total - progress.out_time, 0.0) / self._speed


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None
