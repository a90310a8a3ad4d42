"""URLs at which a browser downloads a video, under a readable name."""

import uuid
from pathlib import PurePosixPath
from urllib.parse import quote

from sqlalchemy import select

from backend.deps import Principal
from backend.http.fields import is_storable
from core.errors import NotFound
from core.model.states import AssetKind, AssetState, VideoState
from core.model.tables import Asset, Video


async def download_url(user: Principal, video_id: uuid.UUID, name: str) -> str:
    """Return a presigned URL that a browser saves under a readable name.

    Raises:
        NotFound: there is no such video of that user, or nothing of that name yet.
    """
    if not is_storable(name):
        raise NotFound("This video has no rendition with this name.")
    columns = (Video.user_id, Video.state, Video.title, Video.source_key, Video.source_filename)
    async with user.services.db.autocommit() as connection:
        rows = await connection.execute(select(*columns).where(Video.id == video_id))
        video = rows.one_or_none()
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
            filename = f"{video.title} {name}"
    if found is None:
        raise NotFound("This video has no rendition with this name.")
    if name != "source":
        filename += PurePosixPath(found).suffix
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
