"""Each service goes away in turn while films come in: nothing that was acknowledged is lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.compose.browser import somebody
from tests.compose.project import Project
from tests.support.product import Clips, wait_for

UPLOADERS = 2
_PAUSE_S = 2  # a worker keeps up with it
SERVICES = ("postgres", "redis", "localstack", "backend", "worker", "frontend")


class Load:
    """Uploads without a pause; remembers what was acknowledged."""

    def __init__(self, project: Project, file: Path) -> None:
        self.acknowledged: list[str] = []
        self.troubles: list[BaseException] = []
        self._project = project
        self._file = file
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(UPLOADERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        try:
            with somebody(self._project.page, self._project.api) as browser:
                while not self._over.is_set():
                    video = browser.upload_whatever_happens(self._file)
                    self.acknowledged.append(video["id"])
                    self._over.wait(_PAUSE_S)
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            self.troubles.append(error)


@contextmanager
def under_load(project: Project, file: Path) -> Iterator[Load]:
    """Uploads go on for as long as the block lasts, and some before and after what it does."""
    load = Load(project, file)
    load.start()
    try:
        wait_for(lambda: len(load.acknowledged) >= 3 or load.troubles)
        yield load
        before = len(load.acknowledged)
        wait_for(lambda: len(load.acknowledged) >= before + 3 or load.troubles, 120)
    finally:
        load.stop()
    assert not load.troubles, load.troubles


def outcomes(project: Project, videos: list[str], seconds: float = 240) -> dict[str, str]:
    """How each video ended: `ready`, or the code of its failure."""
    listed = "','".join(videos)

    def rows() -> list[list[str]]:
        return project.sql(
            f"SELECT id, state, failure->>'code' FROM videos WHERE id IN ('{listed}')"
        )

    wait_for(
        lambda: all(state in ("ready", "failed") for _, state, _ in rows()),
        seconds,
        lambda: str(rows()),
    )
    return {video: code or state for video, state, code in rows()}


HOW: dict[str, Callable[[Project, str], object]] = {
    "restarted": lambda project, service: project.run("restart", service),
    "killed": lambda project, service: project.crash(service),
}


@pytest.fixture(scope="module")
def busy(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Takes a worker long enough to be caught at it."""
    folder = tmp_path_factory.mktemp("busy")
    return clips.short(folder / "busy.mp4", seconds=5, size="1280x720")


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("service", SERVICES)
def test_nothing_acknowledged_is_lost(project: Project, busy: Path, service: str, how: str) -> None:
    running = "SELECT id FROM job_tasks WHERE state = 'running' AND lease_until > now()"
    with under_load(project, busy) as load:
        wait_for(lambda: project.sql(running))
        HOW[how](project, service)
        project.up("--no-recreate")
    found = outcomes(project, load.acknowledged)
    assert set(found) == set(load.acknowledged)
    ready = [video for video, outcome in found.items() if outcome == "ready"]
    if service == "localstack":
        # It forgets what it held: those films say so, the others are ready.
        assert set(found.values()) <= {"ready", "storage_error"}
        assert len(ready) >= 3
    else:
        assert len(ready) == len(found), found


@pytest.mark.parametrize("service", ["backend", "worker"])
def test_a_crash_is_mended_by_the_engine(project: Project, service: str) -> None:
    before = project.inspect(service)["State"]["StartedAt"]
    # The process itself, not the init that runs it.
    script = "kill -KILL $(cat /proc/1/task/1/children)"
    project.run("exec", "-T", service, "sh", "-c", script, check=False)

    def healthy_again() -> bool:
        state = project.inspect(service)["State"]
        return bool(state["StartedAt"] != before and state["Health"]["Status"] == "healthy")

    wait_for(healthy_again)
