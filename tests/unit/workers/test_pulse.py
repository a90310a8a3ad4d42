"""The file by which a health check sees that a worker lives."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from workers.pulse import beat, is_alive


async def test_a_beat_makes_the_file_and_renews_it(tmp_path: Path) -> None:
    path = tmp_path / "pulse"
    assert not is_alive(path, time.time())
    beating = asyncio.create_task(beat(path))
    await asyncio.sleep(0)
    assert is_alive(path, time.time())
    beating.cancel()
    os.utime(path, (0, 0))
    beating = asyncio.create_task(beat(path))
    await asyncio.sleep(0)
    assert is_alive(path, time.time())
    beating.cancel()


def test_silence_is_death(tmp_path: Path) -> None:
    path = tmp_path / "pulse"
    path.touch()
    touched = path.stat().st_mtime
    assert is_alive(path, touched + 29)
    assert not is_alive(path, touched + 30)


async def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        await beat(tmp_path / "nowhere" / "pulse")
