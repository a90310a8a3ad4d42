"""More workers: films are shared out, and each is made once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.compose.browser import Browser
from tests.compose.project import Project

FILMS = 12


@pytest.fixture
def three(project: Project) -> Iterator[Project]:
    project.up("--no-recreate", "--scale", "worker=3")
    yield project
    project.up("--no-recreate", "--scale", "worker=1")


def test_three_workers_make_twelve_films_ready_once_each(
    three: Project, browser: Browser, short: Path
) -> None:
    assert len(three.containers("worker")) == 3
    with ThreadPoolExecutor(4) as pool:
        videos = [each["id"] for each in pool.map(browser.upload, [short] * FILMS)]
    for video in videos:
        ended = browser.until_final(video)
        assert (ended["state"], len(ended["renditions"])) == ("ready", 1)
    listed = "','".join(videos)
    rows = three.sql(
        "SELECT attempt, state, worker FROM job_tasks"
        f" WHERE kind = 'encode' AND video_id IN ('{listed}')"
    )
    assert [row[:2] for row in rows] == [["1", "succeeded"]] * FILMS
    assert len({worker for _, _, worker in rows}) == 3, "all of them took part"
    succeeded = [each for each in three.events("worker", "succeeded") if each["video_id"] in videos]
    assert sorted(each["video_id"] for each in succeeded) == sorted(videos)
