"""The real programs, clips to send through a pipe, and a store that misbehaves."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from core.adapters import aws
from core.adapters.s3 import Storage
from embedded.stack import Stack
from tests.faults.proxy import Proxy
from tests.integration.ffmpeg.conftest import PROJECT, Tools, clip, tools
from tests.support.settings import Settings, overridden
from tests.support.transcoding import Worker

__all__ = ["Tools", "clip", "tools"]


def shared_clips() -> list[str]:
    """Every shared clip by its name; one that cannot be found where there are none."""
    folder = Path(os.environ.get("FRAMEMILL_MEDIA") or PROJECT.parent / "shared" / "media")
    found = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.*"))
    return [name for name in found if not name.endswith(".md")] or ["nothing.mp4"]


@pytest.fixture
def worker(tools: Tools, tmp_path: Path) -> Worker:
    place = tmp_path / "place"
    place.mkdir()
    return Worker(tools.ffmpeg, tools.ffprobe, tools.capabilities, place)


@pytest.fixture
def proxy(stack: Stack) -> Iterator[Proxy]:
    with Proxy(stack.environment["AWS_ENDPOINT_URL"]) as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def behind(settings: Settings, proxy: Proxy) -> AsyncIterator[Storage]:
    """The bucket, seen through the proxy."""
    values = {
        "aws_endpoint_url_s3": proxy.url,
        "s3_read_timeout_s": 5,
        "lease_s": 3,
        "heartbeat_s": 1,
    }
    async with aws.connect(overridden(settings, **values), hurried=True) as found:
        yield found.storage
