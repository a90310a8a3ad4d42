"""The file by which a health check sees that a worker lives."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from core import pulse
from core.pulse import beat, is_alive


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


async def test_a_place_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        await beat(tmp_path / "nowhere" / "pulse")


async def test_a_beat_that_fails_is_followed_by_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pulse, "_BEAT_S", 0)
    path = tmp_path / "pulse"
    path.symlink_to(path)  # a loop: it can neither be made nor touched
    beating = asyncio.create_task(beat(path))
    await asyncio.sleep(0)
    path.unlink()
    async with asyncio.timeout(30):
        while not is_alive(path, time.time()):  # noqa: ASYNC110  a file has no event
            await asyncio.sleep(0)
    beating.cancel()
