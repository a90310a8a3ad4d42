"""What the operation makes of an FFmpeg that says nothing for a while."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from core.errors import TransientError
from tests.faults.standin_ffmpeg import StandIn
from tests.support.transcoding import held
from workers.context import Context
from workers.media.ladder import MISSION_LADDER
from workers.media.limits import Limits
from workers.media.plan import plan
from workers.operations.transcode import encoding
from workers.sandbox.kernel import ask_kernel
from workers.sandbox.policy import Sandbox
from workers.tools import Tools as WorkerTools

if TYPE_CHECKING:
    from pathlib import Path

    from core.adapters.s3 import Storage
    from tests.integration.ffmpeg.conftest import Tools

_STALL_S = 1.0  # the stand-in rewrites its files for three times that


async def encoded(tools: Tools, place: Path, behaviour: str) -> list[str]:
    """Return the names of what came out, with a stand-in that behaves so."""
    source = tools.make(
        place / "made.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1"
    ).rename(place / "input")  # fmt: skip
    stand_in = StandIn(place, tools.ffmpeg)
    stand_in.all(behaviour)
    used = WorkerTools(
        storage=cast("Storage", None),  # nothing is sent
        ffmpeg=str(stand_in.path),
        ffprobe=tools.ffprobe,
        capabilities=tools.capabilities,
        ladder=MISSION_LADDER,
        limits=Limits(stall_timeout_s=_STALL_S),
        connections=1,
        sandbox=Sandbox(ask_kernel(), None, {}, None),
    )
    decided = plan(await tools.probe(source), MISSION_LADDER)
    context = Context(used, held("source.mp4", 1), place)
    await encoding.encoded(context, replace(decided, streamed=False), None, (), None)
    return sorted(file.name for file in (place / "out").iterdir())


async def test_an_index_that_is_moved_slowly_is_borne_with(tools: Tools, tmp_path: Path) -> None:
    assert "poster-0.jpg" in await encoded(tools, tmp_path, "rewriting")


async def test_a_process_that_does_nothing_is_not(tools: Tools, tmp_path: Path) -> None:
    with pytest.raises(TransientError, match="no progress") as stalled:
        await encoded(tools, tmp_path, "repeating")
    assert stalled.value.failure.code == "processing_timeout"
