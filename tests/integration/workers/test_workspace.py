"""Scratch directories of workers that share a disk."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import TransientError
from workers.runtime.scratch import Scratch, require


async def test_workers_that_start_together_keep_each_their_directory(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        started = list(pool.map(lambda _: Scratch(tmp_path), range(300)))
    for scratch in started:
        async with scratch.attempt("one") as place:
            assert place.is_dir()
    for scratch in started:
        scratch.close()
    assert list(tmp_path.iterdir()) == []


async def test_what_a_killed_worker_left_behind_is_removed(tmp_path: Path) -> None:
    killed = Scratch(tmp_path)
    async with killed.attempt("one") as place:
        (place / "input").write_bytes(b"film")
        killed._lock.close()  # as the kernel does
        Scratch(tmp_path).close()
        assert not place.exists()


async def test_a_disk_that_others_filled_is_not_the_task_s_fault(tmp_path: Path) -> None:
    with pytest.raises(TransientError) as raised:
        await require(tmp_path, 1 << 60)  # too much for any disk: waiting would not help
    assert raised.value.charge
    assert raised.value.failure.code == "resource_limit"
