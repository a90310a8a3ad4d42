"""What a picture of a case shows: some hundred points, whatever the case's length. Pure."""

from collections.abc import Sequence

from bench.fleet.capacity import Shock
from bench.fleet.figures import since
from bench.fleet.load import HOUR_S, Load
from bench.fleet.outcome import Minute, Outcome

_POINTS = 480


def series(
    title: str, arriving: Load, out: Outcome, shocks: Sequence[Shock] = ()
) -> dict[str, object]:
    """Return columns by name, each with a value for every point of `hours`.

    Arrivals are a rate in videos an hour; queued, busy and the two kinds of workers are the highest
    of the minutes that a point stands for, so that no peak is lost; waits, in minutes, are those of
    the videos that arrived in them, and None where none did. Marks are the hours at which something
    befell the fleet and was over.
    """
    minutes = out.minutes
    step = max(len(minutes) // _POINTS, 1)
    groups = [minutes[at : at + step] for at in range(0, len(minutes), step)]
    waits = _waits(arriving, out, step, len(groups))
    return {
        "title": title,
        "marks": [moment / HOUR_S for each in shocks for moment in (each.at_s, each.over_s)],
        "hours": [index * step / 60 for index in range(len(groups))],
        "arrivals": [sum(each.arrived for each in group) * 60 / len(group) for group in groups],
        "queued": [max(each.queued for each in group) for group in groups],
        "busy": [max(each.in_flight for each in group) for group in groups],
        "on_demand": [_busiest(group).workers - _busiest(group).spot for group in groups],
        "spot": [_busiest(group).spot for group in groups],
        "wait_p50": [each[len(each) // 2] / 60 if each else None for each in waits],
        "wait_max": [each[-1] / 60 if each else None for each in waits],
    }


def _busiest(group: list[Minute]) -> Minute:
    return max(group, key=lambda each: each.workers)


def _waits(arriving: Load, out: Outcome, step: int, count: int) -> list[list[float]]:
    """Return the waits of each point's videos, in order."""
    waits: list[list[float]] = [[] for _ in range(count)]
    begun = [moment >= 0 for moment in out.started]
    moments = (moment for moment, was in zip(arriving.arrivals, begun, strict=True) if was)
    for moment, wait in zip(moments, since(out.started, arriving), strict=True):
        waits[min(int(moment // 60 // step), count - 1)].append(wait)
    for each in waits:
        each.sort()
    return waits
