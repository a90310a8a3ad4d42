"""The picture that somebody chose is made of a piece of what is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import TransientError
from core.model.states import AssetKind
from tests.support.sample_film import RATE, film
from tests.support.transcoding import Worker, held
from workers.context import Context
from workers.operations.poster import poster

if TYPE_CHECKING:
    from pathlib import Path

    from core.adapters.s3 import Storage
    from core.tasks.settle import NewAsset
    from tests.integration.outputs.conftest import Tools

SEGMENT = 2  # of the film, from 4 s on
KEY = "videos/somewhere/720p/0.mp4"


@pytest.fixture
def worker(tools: Tools, tmp_path: Path) -> Worker:
    place = tmp_path / "place"
    place.mkdir()
    return Worker(tools.ffmpeg, tools.ffprobe, tools.capabilities, place)


async def made(storage: Storage, worker: Worker, spec: dict[str, Any]) -> NewAsset:
    work = replace(held("videos/x/source.mp4", 1), operation="poster", spec=spec)
    tools = await worker.tools(storage)
    (asset,) = (await poster(Context(tools, work, worker.place))).assets
    return asset


async def pieces(storage: Storage) -> list[list[Any]]:
    """Store a header and a segment with other bytes around them; return where they are."""
    track = film()[0]
    around = b"other", track.init, track.segments[0], track.segments[SEGMENT], b"other"
    await storage.put(KEY, b"".join(around), "video/mp4")
    sizes = [len(each) for each in around]
    return [[KEY, 5, sizes[1]], [KEY, sum(sizes[:3]), sizes[3]]]


@pytest.mark.parametrize(
    ("seconds", "number"), [(0.0, 0), (20.5 / RATE, 21), (99.0, 0)], ids=["first", "some", "beyond"]
)
async def test_the_picture_at_a_time(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, seconds: float, number: int
) -> None:
    asset = await made(storage, worker, {"pieces": await pieces(storage), "seconds": seconds})
    assert (asset.kind, asset.name) == (AssetKind.POSTER, "chosen")
    info = await storage.head(asset.s3_key)
    assert info is not None
    assert info.size == asset.size > 1000
    track = film()[0]
    whole = tmp_path / "whole.mp4"
    whole.write_bytes(track.init + track.segments[SEGMENT])
    found = tools.pixels(worker.place / "out" / "poster.jpg", 320, 180)
    near = []
    for other in (number, number + 1):
        wanted = tools.pixels(whole, 320, 180, number=other)
        near.append(sum(abs(a - b) for a, b in zip(found, wanted, strict=True)) / len(found))
    assert near[0] < 4
    assert near[0] < near[1]


async def test_what_cannot_be_decoded_is_tried_again(storage: Storage, worker: Worker) -> None:
    await storage.put(KEY, b"no film at all" * 99, "video/mp4")
    with pytest.raises(TransientError):
        await made(storage, worker, {"pieces": [[KEY, 0, 99]], "seconds": 0.0})


async def test_a_task_of_a_newer_release_is_left_to_others(
    storage: Storage, worker: Worker
) -> None:
    with pytest.raises(TransientError) as raised:
        await made(storage, worker, {"pieces": "elsewhere"})
    assert not raised.value.charge
