"""What hostile files are made with, and who watches."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from embedded.ffmpeg import find_tools
from tests.hostile.maker import H264, Maker, lavfi
from tests.hostile.witness import Canary, Listener

BLIND = "this file system notes no reading"
NEIGHBOUR = "../../neighbour.ts"  # seen from an attempt's directory: beside the worker's own


@dataclass
class Watch:
    """All witnesses of a run."""

    listener: Listener
    canaries: list[Canary] = field(default_factory=list)

    def wrong(self) -> list[str]:
        """What they saw that should not have been."""
        seen = [f"{each.path.name} was read" for each in self.canaries if each.was_read()]
        if self.listener.calls:
            seen.append(f"{self.listener.calls} connections were made")
        return seen


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    return Maker(str(find_tools().ffmpeg), tmp_path_factory.mktemp("made"))


@pytest.fixture
def watch(tmp_path: Path, _made: Maker) -> Iterator[Watch]:
    """A canary anywhere, one near the scratch directory of `tmp_path`, and a listener."""
    # A film that FFmpeg can open: only being kept from it keeps it out.
    film = _made.film("ts", *lavfi("color=magenta:s=64x64:r=10:d=0.5"), *H264)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with Listener() as listener:
        canaries = [
            Canary(tmp_path / "canary.ts", film), Canary(scratch / "neighbour.ts", film)
        ]  # fmt: skip
        yield Watch(listener, canaries)


@pytest.fixture
def maker(_made: Maker, watch: Watch) -> Maker:
    """Makes files that reach for what is watched."""
    _made.aim(watch.canaries[0].path, NEIGHBOUR, watch.listener.address)
    return _made
