"""Lets somebody watch a film: a token, and the addresses that carry it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, exists, func, select

from backend.deps import Principal, Services
from backend.playback.labels import labels_of
from backend.playback.schemas import FileLink, NewPlayback, Playback, TextLink
from backend.videos.download import disposition
from core.errors import Conflict, Forbidden, Gone, NotFound
from core.model.states import AssetKind, AssetState, JobState, VideoState
from core.model.tables import Asset, Job, Track, Video

_SHOWN = and_(Asset.video_id == Video.id, Asset.is_main, Asset.state == AssetState.PUBLISHED)
# Of the job whose outputs are shown, also while another one makes them anew.
_JOB_ID = func.coalesce(
    select(Asset.job_id).where(_SHOWN).limit(1).correlate(Video).scalar_subquery(), Video.job_id
)


async def begin(user: Principal, video_id: uuid.UUID, wanted: NewPlayback, base: str) -> Playback:
    """Make a token of a video of the user.

    Args:
        user: who asks. The token ends with this session.
        video_id: the video.
        wanted: for how long, and how its files are to be given.
        base: where the API is reached, without a slash at its end.

    Raises:
        NotFound: there is none, or it is somebody else's.
        Conflict: it cannot be watched (yet).
    """
    film = await read(user.services, Video.id == video_id, Video.user_id == user.user_id)
    if film is None:
        raise NotFound("This video does not exist.")
    return await play(user.services, film, user.session_id, wanted, base)


@dataclass(frozen=True)
class Watchable:
    """A video with what there is to watch of it: its columns, and its files."""

    video: Row[Any]
    files: Sequence[Row[Any]]

    @property
    def is_playable(self) -> bool:
        """Whether there is anything by now."""
        begun = self.video.playable_at is not None and self.video.job_id is not None
        return begun and bool(self.video.is_streamed or self.files)


async def play(
    services: Services, film: Watchable, by: str | uuid.UUID, wanted: NewPlayback, base: str
) -> Playback:
    """Make a token of a video.

    `by` is what the token ends with: the id of a session (text), or of a link.

    Raises:
        Conflict: it cannot be watched (yet).
    """
    if not film.is_playable:
        raise Conflict("This video cannot be watched yet.")
    video = film.video
    token, given = services.playback.make(video.id, video.job_id, by, wanted.ttl_s)
    place = f"{base}/v1/playback/{token}"
    try:
        texts = await services.texts.texts(given)
    except (Gone, Forbidden):  # just now: its job has failed, or who asks was logged out
        raise Conflict("This video cannot be watched any more.") from None
    subtitles = texts.subtitles
    is_complete = video.job_state == JobState.SUCCEEDED
    seconds = services.settings.media_url_ttl_s
    return Playback(
        hls_url=f"{place}/master.m3u8" if video.is_streamed else None,
        dash_url=f"{place}/manifest.mpd" if video.is_streamed and is_complete else None,
        poster_url=video.poster_key and await services.storage.sign_get(video.poster_key, seconds),
        storyboard_url=f"{place}/storyboard.vtt" if video.has_storyboard else None,
        text=[
            TextLink(
                id=text.id,
                language=text.language,
                name=label,
                default=text.is_default,
                forced=text.is_forced,
                url=f"{place}/{text.id}.vtt",
            )
            for text, label in zip(subtitles, labels_of(subtitles, "Captions"), strict=True)
        ],
        chapters_url=f"{place}/chapters.vtt" if texts.has_chapters else None,
        expires_at=datetime.fromtimestamp(given.expires_at, UTC),
        mp4=[
            FileLink(
                name=file.name,
                width=file.width,
                height=file.height,
                bitrate=file.bitrate or 0,
                video_codec=file.video_codec,
                url=await _address(services, file, video.title, wanted),
            )
            for file in film.files
        ],
    )


async def read(services: Services, *where: ColumnElement[bool]) -> Watchable | None:
    """Return the one video that fits all conditions; None if there is none, or it is deleted."""
    is_streamed = exists().where(Track.job_id == Job.id)
    has_storyboard = exists().where(
        Asset.job_id == Job.id,
        Asset.kind == AssetKind.STORYBOARD,
        Asset.state == AssetState.PUBLISHED,
    )
    columns: list[Any] = [
        Video.id, Video.user_id, Video.title, Video.playable_at, Video.poster_key,
        Job.id.label("job_id"), Job.state.label("job_state"), is_streamed.label("is_streamed"),
        has_storyboard.label("has_storyboard"),
    ]  # fmt: skip
    statement = (
        select(*columns)
        .outerjoin(Job, Job.id == _JOB_ID)
        .where(Video.state != VideoState.DELETED, *where)
    )
    file: list[Any] = [
        Asset.name, Asset.width, Asset.height, Asset.bitrate, Asset.video_codec, Asset.s3_key,
    ]  # fmt: skip
    files = select(*file).join(Video, _SHOWN).order_by(Asset.height.desc())
    async with services.db.autocommit() as connection:
        video = (await connection.execute(statement)).one_or_none()
        if video is None:
            return None
        files = files.where(Video.id == video.id, Asset.kind == AssetKind.FILE)
        return Watchable(video, (await connection.execute(files)).all())


async def _address(services: Services, file: Row[Any], title: str, wanted: NewPlayback) -> str:
    storage, seconds = services.storage, services.settings.media_url_ttl_s
    if not wanted.download:
        return await storage.sign_get(file.s3_key, seconds)
    filename = f"{title} {file.name}{PurePosixPath(file.s3_key).suffix}"
    return await storage.sign_get(
        file.s3_key, seconds, steady=False, response_content_disposition=disposition(filename)
    )
