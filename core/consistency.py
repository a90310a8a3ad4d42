"""Refuses settings that contradict each other, in a sentence that names them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.config import Settings

# An encode that is no faster than this, as a part of real time, is still let finish. A video at 24
# pictures a second is then made at 9.6 of them.
SLOWEST_ENCODE = 0.4


def contradiction(of: Settings) -> str | None:
    """Return the first of the contradictions as a sentence; None when there is none."""
    # A task is kept by beats, each of which may come late by the time of another.
    if 2 * of.heartbeat_s > min(of.lease_s, of.visibility_s):
        return "HEARTBEAT_S must be at most half of LEASE_S and of VISIBILITY_S"
    if of.progress_s > of.heartbeat_s:
        return "PROGRESS_S must not be larger than HEARTBEAT_S"
    if of.wall_time_min_s > of.wall_time_max_s:
        return "WALL_TIME_MIN_S must not be larger than WALL_TIME_MAX_S"
    # What is let in can be finished.
    needed = 1 / SLOWEST_ENCODE
    if of.wall_time_factor < needed:
        return f"WALL_TIME_FACTOR must be at least {needed:g}: an encode may be as slow as that"
    if of.wall_time_max_s < needed * of.max_duration_s:
        return (
            f"WALL_TIME_MAX_S must be at least {needed:g} times MAX_DURATION_S, which is "
            f"{needed * of.max_duration_s:g}: a video of that length is taken, and its encode must "
            "be let finish"
        )
    if of.max_job_s < of.max_attempts * of.wall_time_max_s:
        return (
            "MAX_JOB_S must be at least MAX_ATTEMPTS times WALL_TIME_MAX_S, which is "
            f"{of.max_attempts * of.wall_time_max_s:g}: each attempt may take so long"
        )
    return None
