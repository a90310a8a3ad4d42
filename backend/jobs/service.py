"""Jobs as their owner sees them."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, func, select

from backend.deps import Principal, Services
from backend.http.paging import decode_cursor, encode_cursor
from backend.jobs.schemas import JobItem, JobPage, NewJob
from backend.quota import quota
from backend.videos.progress import shown_of, told_of
from core.errors import NotFound
from core.jobs.create import create as create_job
from core.jobs.create import resting
from core.model.states import JobState, VideoState
from core.model.tables import Job, OldTask, Task, Video
from core.progress import Progress


async def page(
    user: Principal, limit: int, cursor: str | None, video_id: uuid.UUID | None = None
) -> JobPage:
    """Return a page of jobs, newest first.

    Raises:
        Invalid: the cursor is none of ours.
        NotFound: there is no such video of that user.
    """
    where: list[ColumnElement[bool]] = [Job.user_id == user.user_id]
    if cursor is not None:
        where.append(Job.id < decode_cursor(cursor))
    if video_id is not None:
        await user.services.videos.get(video_id, user.user_id)
        where.append(Job.video_id == video_id)
    items = await _select(user.services, *where, most=limit + 1)
    following = encode_cursor(items[limit - 1].id) if len(items) > limit else None
    return JobPage(items=items[:limit], next_cursor=following)


async def get(user: Principal, job_id: uuid.UUID) -> JobItem:
    """Return one job.

    Raises:
        NotFound: there is no such job of that user.
    """
    items = await _select(user.services, Job.user_id == user.user_id, Job.id == job_id, most=1)
    if not items:
        raise NotFound("This job does not exist.")
    return items[0]


async def create(user: Principal, video_id: uuid.UUID, asked: NewJob) -> JobItem:
    """Ask something of a video.

    Raises:
        NotFound: there is no such video of that user.
        Conflict: it is being uploaded or worked on.
        RateLimited: `quota_exceeded`.
    """
    services = user.services
    await services.videos.get(video_id, user.user_id)
    async with services.db.begin() as tx:
        await quota.lock(tx, services.settings, user.user_id)
        # First: of what would not begin nothing can be too much.
        video = await resting(tx, video_id)
        await quota.admit(tx, services.settings, user.user_id)
        job_id = await create_job(tx, video, asked.operation, asked.model_dump()["params"])
    return await get(user, job_id)


async def _select(services: Services, *where: ColumnElement[bool], most: int) -> list[JobItem]:
    # The task that was tried most often; and the one task of a job of the release before.
    attempts = func.greatest(_most(Task.charged, Task), _most(OldTask.charged, OldTask), 0)
    columns: list[Any] = [
        Job.id, Job.video_id, Job.operation, Job.params, Job.state, Job.stage, Job.progress,
        Job.failure, Job.notes, Job.log_key, Job.created_at, Job.started_at, Job.finished_at,
        attempts.label("attempts"), told_of(Job.id).label("told"),
    ]  # fmt: skip
    statement = (
        select(*columns)
        .join(Video, Video.id == Job.video_id)
        .where(Video.state != VideoState.DELETED, *where)
        .order_by(Job.id.desc())
        .limit(most)
    )
    async with services.db.autocommit() as connection:
        rows = (await connection.execute(statement)).all()
    board = await services.board.read([row.id for row in rows if row.state != JobState.SUCCEEDED])
    return [await _item(services, row, board.get(row.id)) for row in rows]


def _most(column: Any, table: Any) -> Any:
    return select(func.max(column)).where(table.job_id == Job.id).scalar_subquery()


async def _item(services: Services, row: Any, told: Progress | None) -> JobItem:
    ttl_s = services.settings.media_url_ttl_s
    shown = shown_of(row, told)
    log_url = await services.storage.sign_get(row.log_key, ttl_s) if row.log_key else None
    progress = {"stage": shown.stage, "progress": shown.percent}
    notes = row.notes or {"done": [], "warnings": []}
    return JobItem.model_validate({**row._asdict(), **notes, **progress, "log_url": log_url})
