"""Whether one more task may be begun, and what is free."""

import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from tests.support.product import wait_for
from tests.support.settings import Settings
from workers.runtime import capacity
from workers.runtime.capacity import Capacity, Free, look_at, may_start
from workers.runtime.cgroup_memory import available_memory, memory_of_children

GB = 10**9
MB = 10**6
NEEDS = (GB, GB)  # memory and disk


@pytest.mark.parametrize(
    ("free", "running", "may"),
    [
        pytest.param(Free(10 * GB, 10 * GB), 0, True, id="plenty"),
        pytest.param(Free(10 * GB, 10 * GB), 3, True, id="plenty for more"),
        pytest.param(Free(0, 10 * GB), 0, True, id="alone it may try"),
        pytest.param(Free(GB - 1, 10 * GB, GB), 1, False, id="a byte too little memory"),
        pytest.param(Free(GB, 10 * GB, GB), 1, True, id="just enough memory"),
        pytest.param(Free(GB, 10 * GB, 0), 1, False, id="kept for one that has just begun"),
        pytest.param(Free(2 * GB, 10 * GB, 0), 1, True, id="enough for both"),
        pytest.param(Free(GB, 10 * GB, 3 * GB), 1, True, id="what is held is not asked for again"),
        pytest.param(Free(None, 10 * GB), 5, True, id="memory unknown"),
        pytest.param(Free(10 * GB, GB - 1), 0, False, id="a byte too little disk"),
        pytest.param(Free(10 * GB, GB), 0, True, id="just enough disk"),
    ],
)
def test_one_more_is_begun_when_there_is_room(free: Free, running: int, may: bool) -> None:
    assert (may_start(free, running, *NEEDS) is None) is may


def test_the_operator_is_told_what_there_is_too_little_of() -> None:
    assert may_start(Free(None, 7 * MB), 0, *NEEDS) == "7 MB of disk are free, 1000 MB are needed"
    reason = may_start(Free(1500 * MB, GB, 200 * MB), 1, *NEEDS) or ""
    assert reason.startswith("1500 MB of memory are free, of which 800 MB are reserved")


def test_what_is_0_is_not_asked_for() -> None:
    assert may_start(Free(0, 0), 9, 0, 0) is None


@pytest.fixture
def free(monkeypatch: pytest.MonkeyPatch) -> list[Free]:
    """What is free on the machine; a test may change it."""
    found = [Free(3 * GB, GB)]
    monkeypatch.setattr(capacity, "look_at", lambda _: found[0])
    return found


def asked() -> Capacity:
    return Capacity(
        Settings(
            database_url="postgresql://x", redis_url="redis://x",
            task_memory_bytes=GB, min_free_disk_bytes=GB,
        )
    )  # fmt: skip


def test_of_several_as_many_begin_as_there_is_room_for(free: list[Free]) -> None:
    found = asked()
    assert found.room(0, 8) == 3
    assert found.room(1, 8) == 2
    assert found.room(1, 1) == 1
    assert found.room(3, 8) == 0
    free[0] = Free(None, GB)
    assert found.room(3, 8) == 8


def test_it_is_told_once_that_there_is_no_room_and_once_that_there_is_again(
    free: list[Free],
) -> None:
    found = asked()
    with structlog.testing.capture_logs() as lines:
        for disk in (0, 0, GB, GB, 0):
            free[0] = Free(GB, disk)
            found.room(0, 1)
    assert [line["event"] for line in lines] == [
        "waiting_for_capacity",
        "capacity_again",
        "waiting_for_capacity",
    ]


def kernel(root: Path, **files: str) -> Path:
    """Write files as the kernel shows them; `__` in a name stands for `/`."""
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_where_nothing_is_told_memory_is_unknown(tmp_path: Path) -> None:
    assert available_memory(tmp_path) is None


def test_the_machine_tells_what_is_available(tmp_path: Path) -> None:
    meminfo = "MemTotal:       8000 kB\nMemFree:         100 kB\nMemAvailable:    3000 kB\n"
    assert available_memory(kernel(tmp_path, proc__meminfo=meminfo)) == 3000 * 1024


def group(root: Path, path: str, most: str, used: int, stat: str = "") -> None:
    place = root / "sys/fs/cgroup" / path
    place.mkdir(parents=True, exist_ok=True)
    (place / "memory.max").write_text(f"{most}\n")
    (place / "memory.current").write_text(f"{used}\n")
    (place / "memory.stat").write_text(stat)


def test_the_least_of_machine_and_groups_counts(tmp_path: Path) -> None:
    kernel(tmp_path, proc__meminfo="MemAvailable: 9 kB\n", proc__self__cgroup="0::/a/b\n")
    group(tmp_path, "a/b", "max", 5000)
    assert available_memory(tmp_path) == 9 * 1024
    group(tmp_path, "a", "8000", 5000)
    assert available_memory(tmp_path) == 3000
    # What is kept of files can be dropped; a file system in memory cannot.
    stat = "anon 1500\nfile 3500\nshmem 500\ninactive_file 2000\nactive_file 1000\n"
    group(tmp_path, "a", "8000", 5000, stat)
    assert available_memory(tmp_path) == 6000
    group(tmp_path, "", "7000", 6500)
    assert available_memory(tmp_path) == 500
    group(tmp_path, "", "7000", 8000)
    assert available_memory(tmp_path) == 0


def test_a_container_sees_its_own_group_at_the_root(tmp_path: Path) -> None:
    kernel(tmp_path, proc__self__cgroup="0::/\n")
    group(tmp_path, "", "8000", 5000)
    assert available_memory(tmp_path) == 3000
    # Or it is told the host's path, which it cannot see.
    kernel(tmp_path, proc__self__cgroup="0::/docker/4f2a\n")
    assert available_memory(tmp_path) == 3000


def test_the_older_kind_of_groups_is_read_too(tmp_path: Path) -> None:
    kernel(
        tmp_path,
        proc__self__cgroup="4:cpu,cpuacct:/x\n3:memory:/docker/4f2a\n0::/\n",
        **{
            "sys__fs__cgroup__memory__memory.limit_in_bytes": "8000",
            "sys__fs__cgroup__memory__memory.usage_in_bytes": "5000",
            "sys__fs__cgroup__memory__memory.stat": (
                "active_file 4000\ntotal_inactive_file 700\ntotal_active_file 300\n"
            ),
        },
    )
    assert available_memory(tmp_path) == 4000


def test_the_memory_of_children_and_theirs_is_counted() -> None:
    holds = f"x = bytearray({64 * MB}); print(); input()"
    starts = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {holds!r}]); input()"
    with subprocess.Popen(
        [sys.executable, "-c", starts], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert memory_of_children() > 64 * MB
        assert memory_of_children(pid=child.pid) > 64 * MB
        child.communicate(b"\n\n")
    wait_for(lambda: memory_of_children(pid=child.pid) == 0)


def test_this_machine_is_read(tmp_path: Path) -> None:
    free = look_at(tmp_path)
    assert free.disk > 0
    assert free.memory is None or free.memory > 0
