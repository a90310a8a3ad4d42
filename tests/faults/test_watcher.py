"""What is noticed in a stream of changes: the judge must be able to say no."""

import uuid

import pytest

from tests.faults.history import VideoChange
from tests.faults.watcher import Told, disorder

VIDEO, OTHER_VIDEO = uuid.UUID(int=1), uuid.UUID(int=2)
JOB, OTHER_JOB = uuid.UUID(int=3), uuid.UUID(int=4)

HISTORY = [
    VideoChange(0.0, JOB, "queued", 2),
    VideoChange(1.0, JOB, "processing", 3),
    VideoChange(2.0, JOB, "processing", 4),
    VideoChange(3.0, JOB, "ready", 5),
    VideoChange(4.0, OTHER_JOB, "queued", 6),
    VideoChange(5.0, OTHER_JOB, "deleted", 7),
]
QUEUED = Told(0.1, VIDEO, 2, "queued")
EARLY = Told(1.1, VIDEO, 3, "processing", "encoding", 40.0)
FURTHER = Told(1.6, VIDEO, 3, "processing", "encoding", 60.0)
LATE = Told(2.1, VIDEO, 4, "processing", "encoding", 70.0)
READY = Told(3.1, VIDEO, 5, "ready", None, 100.0)
AGAIN = Told(4.1, VIDEO, 6, "queued")
DELETED = Told(5.1, VIDEO, 7, "deleted")
GONE = Told(5.1, VIDEO, None, "deleted")


@pytest.mark.parametrize(
    "connections",
    [
        pytest.param([[QUEUED, EARLY, FURTHER, LATE, READY, AGAIN, DELETED]], id="whole"),
        pytest.param([[QUEUED, LATE], [LATE, READY]], id="begun-anew-with-the-same"),
        pytest.param([[LATE], [], [AGAIN], [GONE]], id="with-gaps"),
        pytest.param([[LATE, Told(0.0, OTHER_VIDEO, 2, "queued"), READY]], id="beside-another"),
    ],
)
def test_what_a_listener_may_be_told(connections: list[list[Told]]) -> None:
    assert disorder(connections, VIDEO, HISTORY) == []


@pytest.mark.parametrize(
    ("connections", "fault"),
    [
        pytest.param([[LATE, LATE]], "was told after", id="twice"),
        pytest.param([[LATE, EARLY]], "was told after", id="older"),
        pytest.param([[LATE], [EARLY]], "on a connection after", id="older-after-a-break"),
        pytest.param([[LATE], [EARLY]], "progress fell", id="progress"),
        pytest.param([[FURTHER, EARLY]], "progress fell", id="progress-at-the-same-version"),
        pytest.param([[DELETED], [AGAIN]], "told to be deleted", id="after-deleted"),
        pytest.param([[GONE], [AGAIN]], "told to be deleted", id="after-gone"),
        pytest.param([[Told(0, VIDEO, 9, "ready")]], "which never was", id="never-was"),
        pytest.param([[Told(0, VIDEO, 5, "failed", None, 100.0)]], "was told of", id="untrue"),
        pytest.param([[Told(0, VIDEO, 5, "deleted")]], "was told of", id="deleted-untrue"),
        pytest.param([[Told(0, VIDEO, 5, "ready", None, 99.0)]], "was told of", id="percent"),
        pytest.param([[Told(0, VIDEO, 4, "processing", None, 70.0)]], "was told of", id="stage"),
    ],
)
def test_what_must_not_be_told_is_noticed(connections: list[list[Told]], fault: str) -> None:
    assert any(fault in told for told in disorder(connections, VIDEO, HISTORY))
