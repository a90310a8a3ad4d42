"""What is noticed in a history: the judge of all scenarios must be able to say no."""

import uuid
from dataclasses import replace

import pytest

from tests.faults.history import TaskChange, VideoChange, disorder, disorder_of_work, ended_as

JOB, OTHER_JOB = uuid.UUID(int=1), uuid.UUID(int=2)


def change(
    state: str, version: int, *, shown: str = "", job: uuid.UUID | None = JOB
) -> VideoChange:
    return VideoChange(0.0, job, state, version, shown)


WHOLE = [
    change("uploading", 1, job=None),
    change("uploading", 1, job=None),  # what nobody is shown changed
    change("queued", 2),
    change("processing", 3),
    change("queued", 4),  # given back
    change("processing", 5, shown="its source is known"),
    change("ready", 6, shown="a poster"),
    change("queued", 7, job=OTHER_JOB),
    change("processing", 8, job=OTHER_JOB),
    change("failed", 9, job=OTHER_JOB),
    change("deleted", 10, job=OTHER_JOB),
]


def test_an_ordinary_life_is_in_order() -> None:
    assert disorder(WHOLE) == []


def test_what_is_ready_stays_so_while_another_job_makes_it_anew() -> None:
    assert disorder([*WHOLE[:7], change("ready", 7, shown="another poster", job=OTHER_JOB)]) == []


@pytest.mark.parametrize(
    ("after", "fault"),
    [
        pytest.param(change("processing", 6), "did not rise", id="same-version"),
        pytest.param(change("processing", 5), "did not rise", id="older-version"),
        pytest.param(change("ready", 6, shown="another"), "did not rise", id="same-version-shown"),
        pytest.param(change("processing", 7), "backward", id="back-from-ready"),
        pytest.param(change("failed", 7), "after its end", id="ended-twice"),
        pytest.param(change("ready", 7, shown="another"), "after its end", id="published-twice"),
        pytest.param(change("uploading", 7), "backward", id="uploading-again"),
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


INSPECT, ENCODE = uuid.UUID(int=3), uuid.UUID(int=4)


def work(task_id: uuid.UUID, state: str, attempt: int, progress: float = 0) -> TaskChange:
    return TaskChange(0.0, task_id, "a key", state, attempt, attempt, "worker", progress)


WORK = [
    work(INSPECT, "queued", 0),
    work(INSPECT, "running", 1),
    work(INSPECT, "succeeded", 1, 10),
    work(ENCODE, "running", 1),
    work(ENCODE, "running", 1, 40),
    work(ENCODE, "queued", 1, 40),  # its worker fell silent
    work(ENCODE, "running", 2, 40),
    work(ENCODE, "succeeded", 2, 100),
]


def test_work_that_is_done_in_two_attempts_is_in_order() -> None:
    assert disorder_of_work(WORK) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        pytest.param([*WORK, WORK[-1]], "after its end", id="ended-twice"),
        pytest.param([*WORK, work(INSPECT, "queued", 1, 10)], "after its end", id="begun-again"),
        pytest.param([*WORK[:-1], work(ENCODE, "running", 1, 50)], "the next one", id="zombie"),
        pytest.param([*WORK[:-1], work(ENCODE, "running", 2, 39)], "went back", id="progress"),
    ],
)
def test_work_in_disorder_is_noticed(changes: list[TaskChange], fault: str) -> None:
    assert any(fault in told for told in disorder_of_work(changes))
