"""Finds what changed for a stream of all videos: it remembers the version of each. Pure.

It compares versions and not times. So it misses no change, even if a transaction commits late or
many changes come at once.
"""

import uuid
from collections.abc import Iterable

from backend.events.schemas import DeletedVideo
from backend.videos.schemas import VideoItem
from core.events import VideoEvent
from core.model.states import VideoState
from core.progress import Progress

_MOST_GONE = 10_000  # deletions told that are remembered, so that late word of them is no news


def got_further(
    before: VideoItem, job_id: uuid.UUID | None, progress: Progress
) -> VideoItem | None:
    """Return the sent video with the new progress of its job; None if that is not new.

    Late word may come of a job that was cancelled, when another one is at work.
    """
    if before.state != VideoState.PROCESSING or before.job_id != job_id:
        return None
    now = before.model_copy(
        update={
            "stage": progress.stage,
            "progress": round(max(before.progress, progress.percent), 1),
            "eta_seconds": progress.eta_s,
        }
    )
    return now if has_got_further(before, now) else None


def no_less(before: VideoItem | None, now: VideoItem) -> VideoItem:
    """Return a video as it was read, with at least the sent progress: Redis may have lost it."""
    if before is None or before.job_id != now.job_id or before.progress <= now.progress:
        return now
    return now.model_copy(update={"progress": before.progress})


def has_got_further(before: VideoItem, now: VideoItem) -> bool:
    """Return whether a video has more progress than was sent, at the same version."""
    return before.version == now.version and (now.stage, now.progress) != (
        before.stage,
        before.progress,
    )


class Library:
    """The videos of a user as a stream has sent them; it grows only with their number."""

    def __init__(self) -> None:
        self._known: dict[uuid.UUID, int] = {}  # with the version that needs no telling
        self._untold: set[uuid.UUID] = set()  # those that are told whatever their version
        self._gone: dict[uuid.UUID, int] = {}
        self._moving: dict[
            uuid.UUID, VideoItem
        ] = {}  # what was told of those that wait or are worked on

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
        item = no_less(before, item)
        told = (
            version > self._version(video_id)
            or video_id in self._untold
            or (before is not None and has_got_further(before, item))
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
        now = None if before is None else got_further(before, job_id, progress)
        if now is not None:
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
