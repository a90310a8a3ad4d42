"""What a stream of all videos takes for news."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from backend.events import library
from backend.events.library import Library
from backend.events.stream import heal_s
from backend.videos.schemas import VideoItem
from core.events import VideoEvent
from core.model.states import Stage, VideoState
from core.progress import Progress

USER, A, B, JOB, OTHER_JOB = (uuid.UUID(int=number) for number in range(5))


def word(video_id: uuid.UUID, version: int) -> VideoEvent:
    return VideoEvent(USER, video_id, version)


def video(video_id: uuid.UUID, version: int, **more: Any) -> VideoItem:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    values = {
        "state": VideoState.PROCESSING,
        "stage": Stage.ENCODING,
        "progress": 0.0,
        "job_id": JOB,
        **more,
    }
    return VideoItem(
        id=video_id,
        title="A film",
        kind=None,
        eta_seconds=None,
        source=None,
        renditions=[],
        playable=False,
        playable_at=None,
        tracks=[],
        poster_url=None,
        failure=None,
        queue=None,
        done=[],
        warnings=[],
        version=version,
        created_at=now,
        updated_at=now,
        **values,
    )


def further(percent: float, stage: Stage = Stage.ENCODING) -> VideoEvent:
    told = json.dumps({"stage": stage, "percent": percent})
    return VideoEvent(USER, A, 0, JOB, told)


def test_progress_is_news_of_what_is_worked_on_and_never_goes_back() -> None:
    known = Library()
    known.begin([(A, 3)])
    assert not known.is_news(further(1.0))  # it is not known to be worked on
    known.must_tell([A])
    assert known.take(video(A, 3, progress=10.0))
    assert known.is_news(further(20.0))
    seen = [
        known.further(A, JOB, Progress(Stage.ENCODING, percent, 3.0))
        for percent in (20.0, 15.0, 30.0)
    ]
    assert [item and (item.progress, item.version) for item in seen] == [(20.0, 3), None, (30.0, 3)]
    assert not known.take(video(A, 3, progress=25.0))  # an older look
    assert known.take(video(A, 4, state=VideoState.READY, stage=None, progress=100.0))
    assert known.further(A, JOB, Progress(Stage.ENCODING, 99.0, None)) is None


def test_it_does_not_go_back_when_redis_has_lost_it_and_the_task_waits_for_another_worker() -> None:
    known = Library()
    known.take(video(A, 3, progress=60.0))
    for version, state in ((4, VideoState.QUEUED), (5, VideoState.PROCESSING)):
        told = known.take(video(A, version, state=state, stage=None, progress=55.0))
        assert told is not None
        assert (told.state, told.progress) == (state, 60.0)
    told = known.take(video(A, 6, state=VideoState.CANCELLED, stage=None, progress=55.0))
    assert told is not None
    assert told.progress == 60.0


def test_each_job_begins_anew_and_hears_nothing_of_one_before_it() -> None:
    known = Library()
    known.take(video(A, 3, progress=60.0))
    told = known.take(video(A, 4, job_id=OTHER_JOB, progress=0.0))
    assert told is not None
    assert told.progress == 0.0
    assert known.further(A, JOB, Progress(Stage.ENCODING, 61.0, 3.0)) is None
    assert known.further(A, OTHER_JOB, Progress(Stage.ENCODING, 5.0, 3.0)) is not None


def test_only_what_is_newer_than_was_told_is_news() -> None:
    known = Library()
    known.begin([(A, 3)])
    assert [known.is_news(word(A, version)) for version in (2, 3, 4)] == [False, False, True]
    assert known.is_news(word(B, 1))
    assert known.changed([(A, 3), (B, 1)]) == [B]
    assert known.changed([(A, 4)]) == [A]
    assert known.take(video(A, 5))
    assert not known.take(video(A, 5))
    assert not known.is_news(word(A, 5))


def test_what_must_be_told_is_told_once_whatever_its_version() -> None:
    known = Library()
    known.begin([(A, 3)])
    known.must_tell([A])
    assert known.take(video(A, 3))
    assert not known.take(video(A, 3))


def test_a_deletion_is_told_once_and_never_with_a_lower_version() -> None:
    known = Library()
    known.begin([(A, 3), (B, 7)])
    assert known.missing({B}) == {A}
    told = known.end(A, None)  # the row is gone
    assert told is not None
    assert told.version == 4
    assert known.missing({B}) == set()
    assert known.end(A, None) is None
    assert known.end(A, 4) is None
    assert not known.is_news(word(A, 4))
    told = known.end(B, 9)
    assert told is not None
    assert told.version == 9


def test_nothing_is_told_of_what_nobody_knew_and_is_not_there() -> None:
    assert Library().end(A, None) is None
    told = Library().end(A, 2)  # begun and deleted between two looks
    assert told is not None
    assert told.version == 2


def test_deletions_are_remembered_up_to_a_number() -> None:
    known = Library()
    for number in range(library._MOST_GONE + 5):
        known.end(uuid.UUID(int=number + 10), 1)
    assert len(known._gone) == library._MOST_GONE


def test_who_has_very_many_videos_is_looked_through_less_often() -> None:
    assert [heal_s(known) for known in (0, 5_000, 20_000, 10**7)] == [5.0, 5.0, 20.0, 60.0]
