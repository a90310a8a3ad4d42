"""The projector: derives the state of a job and of its video from the tasks.

It runs in the transaction that changed a task, with the video locked. Only the creation of a job
and the deletion of a video write these states too.
"""

import uuid
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Label,
    Row,
    String,
    Update,
    and_,
    cast,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from core.errors import Failure
from core.model import object_keys
from core.model.states import (
    AssetKind,
    AssetState,
    Effect,
    JobState,
    TaskState,
    VideoState,
    job_state,
    video_state,
)
from core.model.tables import Asset, Job, Task, Track, Video
from core.videos import lifecycle, purges, texts
from core.videos.lifecycle import LockedVideo

# Of a job, what its state and that of its video follow from.
_OF_JOB = aliased(Task)
FACTS = (
    Job.state,
    Job.effect,
    select(cast(func.array_agg(_OF_JOB.state), ARRAY(String)))
    .where(_OF_JOB.job_id == Job.id)
    .scalar_subquery()
    .label("tasks"),
)
_WITHOUT_OUTPUTS = (JobState.FAILED, JobState.CANCELLED)
_ENDED = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


async def project(
    tx: AsyncConnection,
    video: LockedVideo,
    job_id: uuid.UUID,
    *,
    known: Row[Any] | None = None,
    failure: Failure | None = None,
    source_media: dict[str, Any] | None = None,
    **job_values: Any,
) -> None:
    """Write the states of a job and its video as they follow from the job's tasks.

    The video is locked. `known` is what `FACTS` of the job are since the last change; None to have
    them read. `source_media` is what is newly known of the source; `job_values` are written of the
    job too.
    """
    row = known or (await tx.execute(select(*FACTS).where(Job.id == job_id))).one()
    # A job of the release before has none.
    tasks = [TaskState(task) for task in row.tasks or ()]
    state = job_state(tasks) if tasks else JobState(row.state)
    of_job = None
    if state != row.state or failure or job_values:
        of_job = _job_update(job_id, state, failure, job_values)
    video_values: dict[str, Any] = {} if source_media is None else {"source_media": source_media}
    is_main = job_id == video.job_id
    if state is JobState.SUCCEEDED and row.state != state:
        is_main = is_main or row.effect == Effect.REPLACE
        video_values |= await _published(tx, video, job_id, row.effect)
    is_playable = False
    if is_main and video.playable_at is not None and state in _WITHOUT_OUTPUTS:
        is_playable = await shown_job(tx, video.id) is not None
        if not is_playable:  # what could be watched while the job ran is gone
            video_values["playable_at"] = None
    to = video_state(video.state, state, is_playable=is_playable) if is_main else video.state
    if to is not video.state:
        failed = failure if to is VideoState.FAILED else None
        video_values |= {"state": to, "stage": None, "failure": failed and asdict(failed)}
        if to is VideoState.READY and state is not JobState.SUCCEEDED:
            video_values["job_id"] = await shown_job(tx, video.id)
    if video_values:
        also = None if of_job is None else of_job.returning(Job.id).cte("of_job")
        await lifecycle.touch(tx, video.id, also=also, **video_values)
    elif of_job is not None:
        await tx.execute(of_job)


def _job_update(
    job_id: uuid.UUID, state: JobState, failure: Failure | None, more: dict[str, Any]
) -> Update:
    values: dict[str, Any] = {**more, "state": state}
    if state is JobState.RUNNING:
        values["started_at"] = func.coalesce(Job.started_at, func.now())
    if state in _ENDED:
        values["finished_at"] = func.now()
    if failure is not None:
        values["failure"] = asdict(failure)
    return update(Job).where(Job.id == job_id).values(values)


async def _published(
    tx: AsyncConnection, video: LockedVideo, job_id: uuid.UUID, effect: str
) -> dict[str, Any]:
    """Show what a job has made; return what is to be written of the video."""
    poster_key = await _publish(tx, video, job_id, effect)
    if effect == Effect.REPLACE:
        return {
            "job_id": job_id,
            "poster_key": poster_key,
            "failure": None,
            "playable_at": func.coalesce(Video.playable_at, func.now()),
        }
    return {} if poster_key is None else {"poster_key": poster_key}


async def _publish(
    tx: AsyncConnection, video: LockedVideo, job_id: uuid.UUID, effect: str
) -> str | None:
    """Show what a job has made, in place of what an earlier one made if that is its effect.

    Returns:
        The key of the poster from now on, if it made one.
    """
    if effect == Effect.REPLACE and video.playable_at is not None:
        await _keep_for_a_while(tx, video.id, job_id)
        replaced = await tx.scalars(
            delete(Asset)
            .where(Asset.video_id == video.id, Asset.is_main, Asset.job_id != job_id)
            .returning(Asset.s3_key)
        )
        await purges.schedule_removal(tx, *replaced.all(), wait=purges.LONGEST_URL)
    published = await tx.execute(
        update(Asset)
        .where(Asset.job_id == job_id, Asset.state == AssetState.STAGED)
        .values(state=AssetState.PUBLISHED)
        .returning(Asset.kind, Asset.s3_key, _chosen_key(video.id))
    )
    rows = published.all()
    posters = [row.s3_key for row in rows if row.kind == AssetKind.POSTER]
    if effect == Effect.REPLACE:
        return rows[0].chosen_key or (posters[0] if posters else None) if rows else None
    if posters:
        await forget_posters(tx, chosen_poster(video.id), Asset.job_id != job_id)
    return posters[0] if posters else None


def chosen_poster(video_id: uuid.UUID, asset: type[Asset] = Asset) -> ColumnElement[bool]:
    """Return the condition for the poster that a person chose: it goes before that of a film."""
    return and_(
        asset.video_id == video_id,
        ~asset.is_main,
        asset.kind == AssetKind.POSTER,
        asset.state == AssetState.PUBLISHED,
    )


def _chosen_key(video_id: uuid.UUID) -> Label[str]:
    chosen = aliased(Asset)
    found = select(chosen.s3_key).where(chosen_poster(video_id, chosen)).limit(1)
    return found.scalar_subquery().label("chosen_key")


async def forget_posters(tx: AsyncConnection, *where: ColumnElement[bool]) -> bool:
    """Remove posters once nobody can be looking at them; return whether there were some."""
    gone = (await tx.scalars(delete(Asset).where(*where).returning(Asset.s3_key))).all()
    await purges.schedule_removal(tx, *gone, wait=purges.LONGEST_URL)
    return bool(gone)


async def _keep_for_a_while(tx: AsyncConnection, video_id: uuid.UUID, job_id: uuid.UUID) -> None:
    """Let what can be streamed of earlier jobs end when nobody can be watching it any more.

    A storyboard ends with the tracks of its job: `control/replaced.py`.
    """
    kept = await tx.scalars(
        update(Track)
        .where(Track.video_id == video_id, Track.job_id != job_id, Track.kept_until.is_(None))
        .values(kept_until=func.now() + purges.LONGEST_TOKEN)
        .returning(Track.job_id)
    )
    jobs = set(kept.all())
    sheets = await tx.scalars(
        update(Asset)
        .where(Asset.job_id.in_(jobs), Asset.is_main, Asset.kind == AssetKind.STORYBOARD)
        .values(is_main=False)
        .returning(Asset.s3_key)
    )
    places = {object_keys.stream_prefix(video_id, each) for each in jobs}
    await purges.schedule_removal(tx, *places, *sheets.all(), wait=purges.LONGEST_PLAY)
    await texts.keep_for_a_while(tx, video_id, job_id)


async def shown_job(tx: AsyncConnection, video_id: uuid.UUID) -> uuid.UUID | None:
    """Return the job whose outputs a video shows."""
    shown = select(Asset.job_id).where(
        Asset.video_id == video_id, Asset.is_main, Asset.state == AssetState.PUBLISHED
    )
    return await tx.scalar(shown.limit(1))
