"""A film with broken times comes out as one whose times are right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from core.model.states import Made
from tests.support.streaming import Kept
from tests.support.transcoding import Worker, stored
from workers.formats.shape import DEFAULT_SHAPE
from workers.sources.read import OUT

if TYPE_CHECKING:
    from pathlib import Path

    from core.adapters.s3 import Storage
    from tests.integration.sources.conftest import Tools

SECONDS, RATE = 5, 25
ARRIVING = replace(DEFAULT_SHAPE, smallest=0)
AHEAD = "setts=pts=PTS+eq(N\\,62)*40/TB"


def film(tools: Tools, path: Path, *options: str) -> bytes:
    return tools.make(
        path,
        "-f", "lavfi", "-i", f"testsrc2=s=640x480:r={RATE}:d={SECONDS}",
        "-f", "lavfi", "-i", f"sine=f=220:r=48000:d={SECONDS}",
        "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50",
        "-c:a", "aac", *options,
    ).read_bytes()  # fmt: skip


@pytest.mark.parametrize("shape", [DEFAULT_SHAPE, ARRIVING], ids=["whole", "as it arrives"])
async def test_a_source_with_a_broken_time_is_encoded_without_it(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, shape: object
) -> None:
    """By its index players could take it as it is, but they would show it wrong."""
    source = film(tools, tmp_path / "film.mp4", "-bsf:v", AHEAD)
    worker.listing = kept = Kept()
    (made,) = await worker.make(storage, await stored(storage, source), shape)  # type: ignore[arg-type]
    assert "in 1 place times are broken" in worker.log
    assert {track.made for track in kept.tracks.values()} == {Made.ENCODED}
    assert made.duration == pytest.approx(SECONDS, abs=0.1)
    picture = (await tools.probe(worker.place / OUT / f"{made.name}.mp4")).video
    assert picture is not None
    assert picture.frame_count == pytest.approx(SECONDS * RATE, abs=1)
    assert "partly_damaged" not in worker.notes  # one picture is not missed


async def test_a_length_that_comes_of_a_broken_time_is_not_told(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = film(tools, tmp_path / "film.mkv", "-bsf:v", AHEAD)
    made = await worker.make(storage, await stored(storage, source))
    assert made[0].duration == pytest.approx(SECONDS, abs=0.1)
    assert worker.facts["duration"] == made[0].duration
    assert worker.plan is not None
    assert worker.plan["duration"] == pytest.approx(SECONDS, abs=0.1)


async def test_what_comes_too_late_for_its_time_is_told(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    """What a copy makes of a clock that leaps and comes back: the rest has nearly one time."""
    ahead = "between(N\\,50\\,74)*20/TB"
    source = film(tools, tmp_path / "film.mkv", "-bsf:v", f"setts=pts=PTS+{ahead}:dts=DTS+{ahead}")
    await worker.make(storage, await stored(storage, source))
    assert "partly_damaged" in worker.notes
