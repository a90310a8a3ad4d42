"""Scratch directories of workers that share a disk."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.errors import TransientError
from workers.runtime.scratch import _make_home, require, scratch


def test_workers_that_start_together_keep_each_their_directory(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as pool:
        started = list(pool.map(lambda _: scratch(tmp_path), range(300)))
        homes = list(pool.map(lambda lent: lent.__enter__(), started))
    assert all(home.is_dir() for home in homes)
    for lent in started:
        lent.__exit__(None, None, None)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_worker_left_behind_is_removed(tmp_path: Path) -> None:
    home, lock = _make_home(tmp_path)
    (home / "input").write_bytes(b"film")
    lock.close()  # as the kernel does
    with scratch(tmp_path):
        assert not home.exists()


async def test_a_disk_that_others_filled_is_not_the_task_s_fault(tmp_path: Path) -> None:
    with pytest.raises(TransientError) as raised:
        await require(tmp_path, 1 << 60)  # too much for any disk: waiting would not help
    assert raised.value.charge
    assert raised.value.failure.code == "resource_limit"
