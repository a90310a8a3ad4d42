"""The tables say what the architecture says."""

import pytest

from core.model.states import (
    UPLOAD_TRANSITIONS,
    VIDEO_TRANSITIONS,
    WORK_ENDED,
    WORK_TRANSITIONS,
    VideoState,
    WorkState,
    sources_of,
)

# "Upload: open -> completed | aborted | expired", and so on, as the architecture writes them.
UPLOAD = {"open": {"completed", "aborted", "expired"}}
VIDEO = {
    "uploading": {"queued", "deleted"},
    "queued": {"processing", "failed", "cancelled", "deleted"},
    "processing": {"ready", "failed", "cancelled", "queued", "deleted"},
    "ready": {"queued", "deleted"},
    "failed": {"queued", "deleted"},
    "cancelled": {"queued", "deleted"},
}
WORK = {
    "queued": {"running", "failed", "cancelled"},
    # To itself: another worker takes a lapsed lease over.
    "running": {"succeeded", "failed", "cancelled", "queued", "running"},
}


@pytest.mark.parametrize(
    ("table", "expected"),
    [(UPLOAD_TRANSITIONS, UPLOAD), (VIDEO_TRANSITIONS, VIDEO), (WORK_TRANSITIONS, WORK)],
)
def test_the_tables(table: dict[str, set[str]], expected: dict[str, set[str]]) -> None:
    assert {str(state): set(map(str, targets)) for state, targets in table.items()} == {
        **{str(state): set() for state in table},
        **expected,
    }


def test_everything_may_be_deleted_and_nothing_comes_back() -> None:
    assert set(sources_of(VIDEO_TRANSITIONS, VideoState.DELETED)) == set(VideoState) - {"deleted"}
    assert VIDEO_TRANSITIONS[VideoState.DELETED] == frozenset()


def test_what_has_ended_does_not_go_on() -> None:
    assert {"succeeded", "failed", "cancelled"} == WORK_ENDED
    for target in WorkState:
        assert not WORK_ENDED & set(sources_of(WORK_TRANSITIONS, target))
