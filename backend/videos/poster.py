"""The poster that a person chooses: a job makes it of a few seconds of the film."""

import uuid
from bisect import bisect_right
from fractions import Fraction
from itertools import accumulate
from math import floor
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import Conflict, Invalid
from core.jobs import create
from core.jobs.cancel import end_jobs
from core.jobs.project import chosen_poster, forget_posters
from core.model.states import AssetKind, AssetState, JobState, TrackKind
from core.model.tables import Asset, Job, Span, Track
from core.videos import lifecycle
from core.videos.lifecycle import LockedVideo

OPERATION = "poster"
# Players may tell a time a little behind the end: then the last picture is meant.
_BEHIND_S = 1.0
_ALIKE = Fraction(1, 100)  # of a frame: times come rounded


async def choose(tx: AsyncConnection, video: LockedVideo, at: float) -> list[uuid.UUID]:
    """Have the picture at a time made the poster of a video, which is locked.

    Returns:
        The jobs that were ended: those of choices before.

    Raises:
        Conflict: there is no picture, or none is stored of that time yet.
        Invalid: the video ends before.
    """
    spec = await _of_track(tx, video, at) or await _of_file(tx, video, at)
    if spec is None:
        raise Conflict("This video has no picture to choose yet.")
    ended = await end_jobs(tx, video.id, OPERATION)
    await create.add(tx, video, OPERATION, {"at": at}, spec)
    return ended


async def forget(tx: AsyncConnection, video: LockedVideo) -> list[uuid.UUID]:
    """Give a video, which is locked, the poster back that was made of it.

    Returns:
        The jobs that were ended: those of choices before.
    """
    ended = await end_jobs(tx, video.id, OPERATION)
    if await forget_posters(tx, chosen_poster(video.id)):
        made = select(Asset.s3_key).where(_shown(video.id), Asset.kind == AssetKind.POSTER)
        await lifecycle.touch(tx, video.id, poster_key=await tx.scalar(made.limit(1)))
    return ended


async def _of_track(tx: AsyncConnection, video: LockedVideo, at: float) -> dict[str, Any] | None:
    """Return where the picture is in the largest track; None if nothing is streamed."""
    shown = select(Asset.job_id).where(_shown(video.id)).limit(1).scalar_subquery()
    columns: list[Any] = [
        Track.id, Track.time_scale, Track.init_size, Track.frame_rate,
        Job.state.label("job_state"),
    ]  # fmt: skip
    largest = (
        select(*columns)
        .join(Job, Job.id == Track.job_id)
        .where(Job.id == func.coalesce(shown, video.job_id), Track.kind == TrackKind.VIDEO)
        .order_by(Track.height.desc(), Track.max_bitrate.desc())
        .limit(1)
    )
    track = (await tx.execute(largest)).one_or_none()
    if track is None:
        return None
    of_track = Span.track_id == track.id
    begun = select(func.max(Span.first)).where(of_track, Span.start <= at * track.time_scale)
    columns = [Span.s3_key, Span.start, Span.offset, Span.sizes, Span.durations]
    wanted = of_track & ((Span.first == 0) | (Span.first == begun.scalar_subquery()))
    spans = (await tx.execute(select(*columns).where(wanted).order_by(Span.first))).all()
    if not spans:
        return None
    head, span = spans[0], spans[-1]
    end = (span.start + sum(span.durations)) / track.time_scale
    if at >= end and track.job_state != JobState.SUCCEEDED:
        raise Conflict("That part of this video has not been made yet.")
    if at > end + _BEHIND_S:
        raise _too_late(end)
    starts = [span.start, *(span.start + each for each in accumulate(span.durations))]
    number = bisect_right(starts[:-1], at * track.time_scale) - 1
    start, lasts = (Fraction(n, track.time_scale) for n in (starts[number], span.durations[number]))
    rate = Fraction(track.frame_rate) if track.frame_rate else None
    return {
        "pieces": [
            [head.s3_key, 0, track.init_size],
            [span.s3_key, span.offset + sum(span.sizes[:number]), span.sizes[number]],
        ],
        "seconds": _into(Fraction(at) - start, lasts, rate),
    }


async def _of_file(tx: AsyncConnection, video: LockedVideo, at: float) -> dict[str, Any] | None:
    """Return the largest file: of a film of which nothing is streamed it is all there is."""
    largest = (
        select(Asset.s3_key, Asset.size, Asset.duration)
        .where(_shown(video.id), Asset.kind == AssetKind.FILE, Asset.height.is_not(None))
        .order_by(Asset.height.desc())
        .limit(1)
    )
    file = (await tx.execute(largest)).one_or_none()
    if file is None:
        return None
    if at > file.duration + _BEHIND_S:
        raise _too_late(file.duration)
    return {"pieces": [[file.s3_key, 0, file.size]], "seconds": min(at, file.duration)}


def _into(seconds: Fraction, lasts: Fraction, rate: Fraction | None) -> float:
    """Return after how many seconds of a segment the picture comes that is seen at a time in it.

    At a constant `rate` this is a little before it, so that no rounding leads to the next one.
    """
    if rate is None:
        return float(min(seconds, lasts))
    number = min(floor(seconds * rate + _ALIKE), round(lasts * rate) - 1)
    return float(max(number - Fraction(1, 2), Fraction(0)) / rate)


def _too_late(end: float) -> Invalid:
    return Invalid(f"The video ends after {end:.1f} s.")


def _shown(video_id: uuid.UUID) -> ColumnElement[bool]:
    return and_(Asset.video_id == video_id, Asset.is_main, Asset.state == AssetState.PUBLISHED)
