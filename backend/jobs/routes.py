"""Jobs over HTTP."""

from uuid import UUID

from fastapi import APIRouter

from backend.deps import AskingUser, CurrentUser
from backend.http.errors import problems
from backend.http.paging import Cursor, Limit
from backend.jobs import service
from backend.jobs.schemas import JobItem, JobPage, NewJob

router = APIRouter(prefix="/v1", tags=["jobs"])


@router.get("/jobs", summary="All jobs")
async def list_jobs(user: CurrentUser, limit: Limit = 20, cursor: Cursor = None) -> JobPage:
    """List the user's jobs, newest first."""
    return await service.page(user, limit, cursor)


@router.get("/jobs/{job_id}", summary="One job")
async def get_job(job_id: UUID, user: CurrentUser) -> JobItem:
    """Return a job with its state, failure and log."""
    return await service.get(user, job_id)


@router.get("/videos/{video_id}/jobs", summary="A video's jobs")
async def list_video_jobs(
    video_id: UUID, user: CurrentUser, limit: Limit = 20, cursor: Cursor = None
) -> JobPage:
    """List the jobs of a video, newest first."""
    return await service.page(user, limit, cursor, video_id)


@router.post(
    "/videos/{video_id}/jobs", status_code=202, responses=problems(409, 429), summary="Create a job"
)
async def create_job(video_id: UUID, body: NewJob, user: AskingUser) -> JobItem:
    """Queue a job for a video that is ready, failed or cancelled."""
    return await service.create(user, video_id, body)
