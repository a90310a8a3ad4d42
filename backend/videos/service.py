"""Actions on a video: rename, delete, cancel, retry, download."""

import asyncio
import uuid
from collections.abc import Sequence
from urllib.parse import quote

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.deps import Principal
from backend.http.text import is_storable
from backend.quota import quota
from backend.videos.schemas import VideoPage
from backend.videos.sorting import ORDERS, Sort, cursor_after, follows
from core import log
from core.errors import Conflict, NotFound, Unavailable
from core.jobs import cancel as cancelling
from core.jobs.create import create as create_job
from core.model import object_keys
from core.model.states import AssetKind, AssetState, VideoState
from core.model.tables import Asset, Video
from core.videos import lifecycle, removal

_log = log.get(__name__)
_REMOVAL_S = 5.0


async def page(
    user: Principal,
    limit: int,
    cursor: str | None,
    states: Sequence[VideoState] | None,
    search: str | None,
    sort: Sort,
) -> VideoPage:
    """Return a page of the library.

    Raises:
        Invalid: the cursor is none of ours, or of another order.
    """
    where: list[ColumnElement[bool]] = [Video.user_id == user.user_id]
    if cursor is not None:
        where.append(follows(sort, cursor))
    if states:
        where.append(Video.state.in_(states))
    if search:
        pattern = "%" + _escape(search) + "%"
        where.append(or_(Video.title.ilike(pattern), Video.source_filename.ilike(pattern)))
    items = await user.services.videos.select(where, most=limit + 1, order=ORDERS[sort])
    following = None
    if len(items) > limit:
        following = cursor_after(sort, items[limit - 1].id, items[limit - 1].title)
    return VideoPage(items=items[:limit], next_cursor=following)


def _escape(text: str) -> str:
    """Take the special meaning from what a user types into a search."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def rename(user: Principal, video_id: uuid.UUID, title: str) -> None:
    """Give a video another title.

    Raises:
        NotFound: there is no such video of that user.
    """
    async with user.services.db.begin() as tx:
        await _own(tx, user, video_id)
        await lifecycle.touch(tx, video_id, title=title)


async def delete(user: Principal, video_id: uuid.UUID) -> None:
    """Delete a video with everything that is stored for it; what is running is stopped.

    Raises:
        NotFound: there is no such video of that user.
    """
    async with user.services.db.begin() as tx:
        await _own(tx, user, video_id)
        ended = await removal.delete_video(tx, video_id)
    await user.services.board.end(ended or ())
    try:
        # It is deleted, and the sweep removes what is stored: only a store that is quick is used.
        async with asyncio.timeout(_REMOVAL_S):
            await user.services.storage.delete_prefix(object_keys.video_prefix(video_id))
    except (Unavailable, TimeoutError) as error:
        _log.warning("deleted_later", video_id=str(video_id), error=repr(error))


async def cancel(user: Principal, video_id: uuid.UUID) -> None:
    """Cancel the video's queued or running job.

    Raises:
        NotFound: there is no such video of that user.
        Conflict: nothing is queued or running.
    """
    async with user.services.db.begin() as tx:
        await _own(tx, user, video_id)
        ended = await cancelling.cancel(tx, video_id)
    await user.services.board.end(ended)


async def retry(user: Principal, video_id: uuid.UUID) -> None:
    """Process a failed or cancelled video again.

    Raises:
        NotFound: there is no such video of that user.
        Conflict: it has neither failed nor been cancelled.
        RateLimited: `quota_exceeded`.
    """
    async with user.services.db.begin() as tx:
        await quota.lock(tx, user.services.settings, user.user_id)
        state = await _own(tx, user, video_id)
        if state not in (VideoState.FAILED, VideoState.CANCELLED):
            raise Conflict("Only a failed or cancelled video can be tried again.")
        await quota.admit(tx, user.services.settings, user.user_id)
        await create_job(tx, video_id, "transcode")


async def download_url(user: Principal, video_id: uuid.UUID, name: str) -> str:
    """Return a presigned URL that a browser saves under a readable name.

    Raises:
        NotFound: there is no such video of that user, or nothing of that name yet.
    """
    if not is_storable(name):
        raise NotFound("This video has no rendition with this name.")
    columns = (Video.user_id, Video.state, Video.title, Video.source_key, Video.source_filename)
    async with user.services.db.autocommit() as connection:
        video = (
            await connection.execute(select(*columns).where(Video.id == video_id))
        ).one_or_none()
        if video is None or video.user_id != user.user_id or video.state == VideoState.DELETED:
            raise NotFound("This video does not exist.")
        if name == "source":
            found = None if video.state == VideoState.UPLOADING else video.source_key
            filename = video.source_filename
        else:
            found = await connection.scalar(
                select(Asset.s3_key).where(
                    Asset.video_id == video_id,
                    Asset.is_main,
                    Asset.state == AssetState.PUBLISHED,
                    Asset.kind == AssetKind.FILE,
                    Asset.name == name,
                )
            )
            filename = f"{video.title} {name}.mp4"
    if found is None:
        raise NotFound("This video has no rendition with this name.")
    return await user.services.storage.sign_get(
        found,
        user.services.settings.media_url_ttl_s,
        steady=False,
        response_content_disposition=disposition(filename),
    )


def disposition(filename: str) -> str:
    """Return a `Content-Disposition` (RFC 6266) with a plain name for old clients."""
    safe = "".join("_" if char in '/\\:*?"<>|' or ord(char) < 32 else char for char in filename)
    plain = safe.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


async def _own(tx: AsyncConnection, user: Principal, video_id: uuid.UUID) -> VideoState:
    """Return the state of a user's video, and have all others who want to change it wait."""
    found = await lifecycle.lock(tx, video_id)
    if found is None or found.user_id != user.user_id or found.state is VideoState.DELETED:
        raise NotFound("This video does not exist.")
    return found.state
