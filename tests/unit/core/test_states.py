"""How states follow: jobs from their tasks, videos from their main job."""

import itertools

import pytest

from core.model.states import (
    JOB_LIVE,
    TASK_LIVE,
    JobState,
    TaskState,
    VideoState,
    job_state,
    video_state,
)


@pytest.mark.parametrize(
    ("tasks", "state"),
    [
        ("queued", "queued"),
        ("running", "running"),
        ("succeeded", "succeeded"),
        ("failed", "failed"),
        ("cancelled", "cancelled"),
        ("succeeded running", "running"),
        ("succeeded queued", "queued"),
        ("succeeded queued blocked", "queued"),
        ("succeeded running queued blocked", "running"),
        ("succeeded succeeded", "succeeded"),
        ("succeeded failed cancelled", "failed"),
        ("succeeded cancelled", "cancelled"),
    ],
)
def test_a_job_is_what_its_tasks_are(tasks: str, state: str) -> None:
    for order in itertools.permutations(tasks.split()):
        assert job_state([TaskState(each) for each in order]) == state


def test_a_job_lives_exactly_as_long_as_a_task_can_bring_it_further() -> None:
    for count in (1, 2, 3):
        for tasks in itertools.combinations_with_replacement(TaskState, count):
            ended = {"failed", "cancelled"} & set(tasks)
            lives = not ended and any(task in TASK_LIVE for task in tasks)
            assert (job_state(tasks) in JOB_LIVE) == lives, tasks


@pytest.mark.parametrize("video", [VideoState.UPLOADING, VideoState.DELETED])
@pytest.mark.parametrize("is_playable", [False, True])
def test_what_is_not_there_yet_or_any_more_stays_so(video: VideoState, is_playable: bool) -> None:
    found = {video_state(video, job, is_playable=is_playable) for job in JobState}
    assert found == {video}


@pytest.mark.parametrize("video", sorted(set(VideoState) - {"uploading", "deleted"}))
def test_a_video_is_what_its_main_job_is(video: VideoState) -> None:
    found = {str(job): str(video_state(video, job, is_playable=False)) for job in JobState}
    assert found == {
        "queued": "queued", "running": "processing", "succeeded": "ready", "failed": "failed",
        "cancelled": "cancelled",
    }  # fmt: skip


@pytest.mark.parametrize("video", sorted(set(VideoState) - {"uploading", "deleted"}))
def test_but_what_plays_goes_on_playing_when_making_it_anew_fails(video: VideoState) -> None:
    found = {str(job): str(video_state(video, job, is_playable=True)) for job in JobState}
    assert found == {
        "queued": "queued", "running": "processing", "succeeded": "ready", "failed": "ready",
        "cancelled": "ready",
    }  # fmt: skip
