"""What is noticed in a history: the judge of all scenarios must be able to say no."""

import uuid
from dataclasses import replace

import pytest

from tests.faults.history import VideoChange, disorder, ended_as

JOB, OTHER_JOB = uuid.UUID(int=1), uuid.UUID(int=2)


def change(
    state: str, version: int, *, progress: float = 0, job: uuid.UUID | None = JOB
) -> VideoChange:
    return VideoChange(0.0, job, state, None, progress, version)


WHOLE = [
    change("uploading", 1, job=None),
    change("uploading", 1, job=None),  # what nobody is shown changed
    change("queued", 2),
    change("processing", 3, progress=10),
    change("queued", 4, progress=10),  # given back
    change("processing", 5, progress=10),
    change("ready", 6, progress=100),
    change("queued", 7, job=OTHER_JOB),
    change("processing", 8, job=OTHER_JOB),
    change("failed", 9, job=OTHER_JOB),
    change("deleted", 10, job=OTHER_JOB),
]


def test_an_ordinary_life_is_in_order() -> None:
    assert disorder(WHOLE) == []


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        pytest.param(change("processing", 6, progress=10), "did not rise", id="same-version"),
        pytest.param(change("processing", 5, progress=100), "did not rise", id="older-version"),
        pytest.param(change("processing", 7, progress=100), "backward", id="back-from-ready"),
        pytest.param(change("failed", 7, progress=100), "after its end", id="ended-twice"),
        pytest.param(change("ready", 7, progress=90), "progress went back", id="progress"),
        pytest.param(change("uploading", 7, progress=100), "backward", id="uploading-again"),
    ],
)
def test_what_must_not_follow_ready_is_noticed(after: VideoChange, fault: str) -> None:
    assert any(fault in told for told in disorder([*WHOLE[:7], after]))


def test_nothing_may_follow_deleted() -> None:
    again = replace(WHOLE[-1], state="queued", job_id=uuid.UUID(int=3), version=11)
    assert disorder([*WHOLE, again])


def test_a_video_must_have_ended_as_expected() -> None:
    assert ended_as(WHOLE[:7], {"ready"}) == []
    assert ended_as(WHOLE[:6], {"ready"})
    assert ended_as(WHOLE[:7], {"deleted"})
    assert ended_as([], {"ready"})
