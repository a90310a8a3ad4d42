"""A hostile file ends as it must when it is looked at in part, and read as it arrives."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from core.adapters.s3 import Storage
from core.errors import PermanentError
from embedded.ffmpeg import find_tools
from tests.hostile.conftest import Watch
from tests.hostile.maker import Maker
from tests.hostile.table import READY, Hostile, hostile_files
from tests.support.transcoding import Worker, stored
from workers.ffmpeg.capabilities import ask_capabilities
from workers.formats.shape import DEFAULT_SHAPE

# As small as they are, they are looked at in part.
PART = replace(DEFAULT_SHAPE, smallest=0, head=4096, tail=2048, sample=8192, long_tail=4096)

pytestmark = pytest.mark.thorough("every hostile file")


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Worker:
    tools = find_tools()
    capabilities = asyncio.run(ask_capabilities(str(tools.ffmpeg)))
    return Worker(str(tools.ffmpeg), str(tools.ffprobe), capabilities, Path())


@pytest.mark.sampled(30)
@pytest.mark.parametrize("shape", [replace(DEFAULT_SHAPE, smallest=0), PART], ids=["all", "part"])
@pytest.mark.parametrize("each", hostile_files(), ids=lambda each: each.name)
async def test_every_hostile_file(
    storage: Storage, worker: Worker, watch: Watch, maker: Maker, tmp_path: Path,
    each: Hostile, shape: object,
) -> None:  # fmt: skip
    worker.place = tmp_path / "scratch" / "worker" / "attempt"
    worker.place.mkdir(parents=True)
    claim = await stored(storage, each.make(maker))
    outcome: str
    try:
        made = await worker.make(storage, claim, shape)  # type: ignore[arg-type]
    except PermanentError as error:
        outcome, shortest = error.failure.code, each.whole
    else:
        outcome = READY
        shortest = min(row.duration or 0 for row in made)
    assert outcome in each.outcome, worker.log
    assert shortest >= each.whole, worker.log
    assert watch.wrong() == []
