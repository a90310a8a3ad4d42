"""Reads FFmpeg's `-progress` lines and estimates the time left."""

from dataclasses import dataclass, field

from workers.media.audio_plan import AudioPlan
from workers.media.plan import EncodePlan


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of FFmpeg: the seconds of output made, and the frames of the first rendition."""

    out_time: float | None = None
    frame: int | None = None
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
            done=value.strip() == "end",
        )


def fraction_done(progress: Progress, plan: EncodePlan | AudioPlan) -> float | None:
    """Return how much of the encode is done, 0 to 1; None when the length is unknown.

    Before FFmpeg says that it is done this stays below 1.
    """
    if progress.done:
        return 1.0
    made, wanted = progress.out_time, plan.total_duration
    if isinstance(plan, EncodePlan):
        # The time is that of the output that is least far: of pictures few come, and late.
        made, wanted = progress.frame, plan.frame_count
        if wanted is None and plan.total_duration is not None:
            wanted = plan.total_duration * plan.frame_rate
    return min(made / wanted, 0.99) if made is not None and wanted else None


def seconds_left(done: float, elapsed_s: float) -> float | None:
    """Return how long the rest takes at the speed until now; None before anything is done."""
    return elapsed_s * (1 - done) / done if done else None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None
