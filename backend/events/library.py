"""Finds what changed for a stream of all videos: it remembers the version of each. Pure.

It compares versions and not times. So it misses no change, even if a transaction commits late or
many changes come at once.
"""

import uuid
from collections.abc import Iterable

from pydantic import BaseModel

from backend.videos.schemas import VideoItem
from core.events import VideoEvent
from core.model.states import VideoState
from core.progress import Progress

_MOST_GONE = 10_000  # deletions told that are remembered, so that late word of them is no news


class DeletedVideo(BaseModel):
    """A deleted video, with its last version."""

    id: uuid.UUID
    version: int


class Library:
    """The videos of a user as a stream has sent them; it grows only with their number."""

    def __init__(self) -> None:
        self._known: dict[uuid.UUID, int] = {}  # with the version that needs no telling
        self._untold: set[uuid.UUID] = set()  # those that are told whatever their version
        self._gone: dict[uuid.UUID, int] = {}
        self._moving: dict[uuid.UUID, VideoItem] = {}  # as told, of those that wait or are made

    def __len__(self) -> int:
        return len(self._known)

    def begin(self, versions: Iterable[tuple[uuid.UUID, int]]) -> None:
        """Take videos as they are for known; only what changes after this is news."""
        self._known.update(versions)

    def must_tell(self, video_ids: Iterable[uuid.UUID]) -> None:
        """Have videos sent again, although nothing has changed."""
        self._untold.update(video_ids)

    def is_news(self, event: VideoEvent) -> bool:
        """Return whether an event is about something that was not sent."""
        if event.progress is not None:
            return event.video_id in self._moving
        return event.version > self._version(event.video_id)

    def changed(self, versions: Iterable[tuple[uuid.UUID, int]]) -> list[uuid.UUID]:
        """Return the videos with a newer version than was sent."""
        return [video_id for video_id, version in versions if version > self._version(video_id)]

    def missing(self, there: set[uuid.UUID]) -> set[uuid.UUID]:
        """Return the videos that are known and are not there any more."""
        return self._known.keys() - there

    def take(self, item: VideoItem) -> VideoItem | None:
        """Note a video that was read; return it as it must be sent, or None."""
        video_id, version = item.id, item.version
        before = self._moving.get(video_id)
        if before and before.job_id == item.job_id and before.progress > item.progress:
            item = item.model_copy(update={"progress": before.progress})  # Redis has lost it
        told = (
            version > self._version(video_id)
            or video_id in self._untold
            or (before is not None and _has_moved(before, item))
        )
        self._untold.discard(video_id)
        if not told:
            return None
        self._known[video_id] = version
        if item.state in (VideoState.QUEUED, VideoState.PROCESSING):
            self._moving[video_id] = item
        else:
            self._moving.pop(video_id, None)
        return item

    def further(
        self, video_id: uuid.UUID, job_id: uuid.UUID | None, progress: Progress
    ) -> VideoItem | None:
        """Return a video as it is now that its job has got further; None when that is no news."""
        before = self._moving.get(video_id)
        # Late word may come of a job that was cancelled, when another one is at work.
        if before is None or before.state != VideoState.PROCESSING or before.job_id != job_id:
            return None
        change = {
            "stage": progress.stage,
            "progress": round(max(before.progress, progress.percent), 1),
            "eta_seconds": progress.eta_s,
        }
        now = before.model_copy(update=change)
        if not _has_moved(before, now):
            return None
        self._moving[video_id] = now
        return now

    def end(self, video_id: uuid.UUID, version: int | None) -> DeletedVideo | None:
        """Note that a video was deleted; return what to send, None if nothing is needed.

        Args:
            video_id: the video.
            version: that it ended at; None when its row is gone too, as some time after a deletion.
        """
        known = self._known.pop(video_id, None)
        self._moving.pop(video_id, None)
        self._untold.discard(video_id)
        if version is None and known is None:
            return None
        ended_at = max(version or 0, (known or 0) + 1)
        if ended_at <= self._gone.get(video_id, 0):
            return None
        self._gone[video_id] = ended_at
        if len(self._gone) > _MOST_GONE:
            del self._gone[next(iter(self._gone))]
        return DeletedVideo(id=video_id, version=ended_at)

    def _version(self, video_id: uuid.UUID) -> int:
        known = self._known.get(video_id)
        return self._gone.get(video_id, 0) if known is None else known


def _has_moved(before: VideoItem, now: VideoItem) -> bool:
    """Return whether a video has other progress than was sent, at the same version."""
    moved = (now.stage, now.progress) != (before.stage, before.progress)
    return moved and before.version == now.version
