"""One run of docker-compose.yml for all tests here; only where a Docker engine was asked for."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded.ffmpeg import find_tools
from tests.compose.browser import Browser, somebody
from tests.compose.project import Project, a_project
from tests.support.product import Clips

_ASKED = "FRAMEMILL_COMPOSE"
_FILM = Path(__file__).resolve().parents[3] / "shared" / "media" / "film_1080p24_21s.mp4"


@pytest.fixture(scope="session")
def engine() -> None:
    """A Docker engine that `make compose-test` was told to use."""
    if not os.environ.get(_ASKED):
        pytest.skip("needs a Docker engine: make compose-test")


@pytest.fixture(scope="session")
def project(engine: None, figure: Callable[[str, object], None]) -> Iterator[Project]:
    """All services, healthy, with volumes of their own."""
    with a_project("framemill-test") as found:
        seconds = found.up("--build")
        figure("up --build --wait from nothing, in s", round(seconds, 1))
        yield found


@pytest.fixture(scope="session")
def clips(engine: None) -> Clips:
    tools = find_tools()
    return Clips(str(tools.ffmpeg), str(tools.ffprobe))


@pytest.fixture(scope="session")
def film(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds in 1080p: a real film where there is one."""
    if _FILM.exists():
        return _FILM
    folder = tmp_path_factory.mktemp("film")
    return clips.short(folder / "film.mp4", seconds=20, size="1920x1080")


@pytest.fixture(scope="session")
def short(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of a small film."""
    return clips.short(tmp_path_factory.mktemp("short") / "short.mp4", seconds=1)


@pytest.fixture
def browser(project: Project) -> Iterator[Browser]:
    """The page in a browser, logged in."""
    with somebody(project.page, project.api) as found:
        yield found
