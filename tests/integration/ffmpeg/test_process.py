"""A process is watched, stopped, and never left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.waiting import patiently, wait_until
from workers.ffmpeg.process import (
    FFmpegFailedError,
    ProcessLimits,
    StallError,
    TimeLimitError,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.ffmpeg.conftest import Tools
    from tests.support.lanes import InTime
    from workers.ffmpeg.progress import Progress

PROJECT = Path(__file__).resolve().parents[3]
ENDLESS = ("-nostdin", "-v", "error", "-nostats", "-progress", "pipe:1", "-stats_period", "0.1",
           "-re", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=25", "-f", "null", "-")  # fmt: skip


def state(pid: int) -> str:
    """What the kernel calls it; one that is gone waits to be reaped no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    return state(pid) != "Z"


def shell(tmp_path: Path, script: str) -> list[str]:
    """A stand-in for FFmpeg that misbehaves as FFmpeg cannot be made to."""
    file = tmp_path / "program"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return [str(file)]


def pid_file(tmp_path: Path) -> int:
    return int((tmp_path / "pid").read_text())


async def test_progress_is_reported_to_the_end(tools: Tools, tmp_path: Path) -> None:
    reports: list[Progress] = []
    argv = [tools.ffmpeg, *ENDLESS[:-3], "-t", "0.5", *ENDLESS[-3:]]
    await run(argv, cwd=tmp_path, on_progress=reports.append)
    assert reports[-1].done
    assert reports[-1].frame == 13


async def test_a_failure_carries_command_status_and_last_words(
    tools: Tools, tmp_path: Path
) -> None:
    argv = [tools.ffmpeg, "-nostdin", "-v", "error", "-i", "./nothing", "-f", "null", "-"]
    with pytest.raises(FFmpegFailedError, match="No such file") as caught:
        await run(argv, cwd=tmp_path)
    assert caught.value.status > 0


async def test_a_missing_program_is_127(tmp_path: Path) -> None:
    with pytest.raises(FFmpegFailedError) as caught:
        await run(["/nowhere/ffmpeg"], cwd=tmp_path)
    assert caught.value.status == 127


async def test_last_words_are_bounded(tmp_path: Path) -> None:
    argv = shell(tmp_path, "yes 'spam' | head -c 5000000 >&2; echo the end >&2; exit 3")
    with pytest.raises(FFmpegFailedError, match="the end") as caught:
        await run(argv, cwd=tmp_path, limits=ProcessLimits(stderr_bytes=1000))
    assert caught.value.status == 3
    assert len(caught.value.stderr_tail) <= 1000


async def test_an_early_complaint_is_not_lost_in_later_words(tmp_path: Path) -> None:
    argv = shell(tmp_path, "echo 'moov atom not found' >&2; yes 'spam' | head -c 500000 >&2")
    done = await run(argv, cwd=tmp_path, limits=ProcessLimits(stderr_bytes=1000))
    assert done.stderr_tail.startswith("moov atom not found\nspam\n")


async def test_a_repeated_report_is_no_progress(tmp_path: Path) -> None:
    argv = shell(
        tmp_path,
        "echo $$ > pid; while :; do echo out_time_us=5; echo progress=continue; sleep 0.05; done",
    )
    with pytest.raises(StallError):
        await run(argv, cwd=tmp_path, limits=ProcessLimits(stall_seconds=0.5))
    assert not alive(pid_file(tmp_path))


REWRITING = """
echo $$ > pid; mkdir out; head -c 9000 /dev/zero > out/film.mp4
echo out_time_us=5; echo progress=continue
for i in $(seq 22); do
    sleep 0.1; head -c 500 /dev/zero | dd of=out/film.mp4 conv=notrunc 2>/dev/null
done
"""


async def test_a_file_that_is_written_over_is_progress(tmp_path: Path) -> None:
    argv = shell(tmp_path, REWRITING)
    limits = ProcessLimits(stall_seconds=1)
    finished = await run(argv, cwd=tmp_path, outputs=tmp_path / "out", limits=limits)
    assert finished.wall_seconds > 2 * limits.stall_seconds


async def test_a_process_that_stops_writing_is_found(tmp_path: Path) -> None:
    argv = shell(tmp_path, REWRITING + "sleep 600")
    limits = ProcessLimits(stall_seconds=1)
    with pytest.raises(StallError):
        await run(argv, cwd=tmp_path, outputs=tmp_path / "out", limits=limits)
    assert not alive(pid_file(tmp_path))


async def test_a_process_that_writes_for_ever_meets_the_wall(tmp_path: Path) -> None:
    argv = shell(tmp_path, "mkdir out; while :; do echo >> out/film.mp4; sleep 0.05; done")
    limits = ProcessLimits(stall_seconds=0.5, wall_seconds=1.5)
    with pytest.raises(TimeLimitError):
        await run(argv, cwd=tmp_path, outputs=tmp_path / "out", limits=limits)


async def test_a_process_that_has_to_wait_does_nothing_and_its_clocks_stand(tmp_path: Path) -> None:
    """It is the store that is slow, or stands still, and not FFmpeg."""
    file = tmp_path / "out" / "film.mp4"
    argv = shell(
        tmp_path, "mkdir out; echo $$ > pid; while [ ! -e end ]; do echo >> out/film.mp4; done"
    )
    sizes = []

    async def beside(hold: Callable[[bool], None]) -> None:
        await wait_until(file.exists)
        hold(True)
        await wait_until(lambda: state(pid_file(tmp_path)) == "T")
        sizes.append(file.stat().st_size)
        await asyncio.sleep(2)  # longer than it may stand still, or last
        sizes.append(file.stat().st_size)
        hold(False)
        await wait_until(lambda: file.stat().st_size > sizes[-1])
        (tmp_path / "end").touch()

    limits = ProcessLimits(stall_seconds=1, wall_seconds=1.5)
    await run(argv, cwd=tmp_path, outputs=file.parent, limits=limits, beside=beside)
    assert sizes[0] == sizes[1]


async def test_what_fails_beside_a_process_ends_it_even_when_that_has_to_wait(
    tmp_path: Path,
) -> None:
    async def beside(hold: Callable[[bool], None]) -> None:
        await wait_until((tmp_path / "pid").exists)
        hold(True)
        raise LookupError

    argv = shell(tmp_path, "echo $$ > pid.new; mv pid.new pid; while :; do sleep 1; done")
    async with patiently():
        with pytest.raises(LookupError):
            await run(argv, cwd=tmp_path, beside=beside)
    assert not alive(pid_file(tmp_path))


async def test_the_wall_limit_ends_a_lively_process(tools: Tools, tmp_path: Path) -> None:
    limits = ProcessLimits(wall_seconds=0.5)
    async with patiently():  # it would never end
        with pytest.raises(TimeLimitError):
            await run([tools.ffmpeg, *ENDLESS], cwd=tmp_path, limits=limits)


async def test_cancelling_kills_even_what_ignores_the_polite_signal(
    tmp_path: Path, in_time: InTime
) -> None:
    argv = shell(tmp_path, "trap '' TERM; sleep 600 & echo $! > child; echo $$ > pid.new; "
                           "mv pid.new pid; wait; wait; wait")  # fmt: skip
    task = asyncio.ensure_future(run(argv, cwd=tmp_path))
    await wait_until((tmp_path / "pid").exists)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    in_time("FFmpeg that ignores the polite signal is killed", time.monotonic() - began, 2)
    assert not alive(pid_file(tmp_path))
    child = int((tmp_path / "child").read_text())
    await wait_until(lambda: not alive(child))


async def test_what_it_leaves_behind_is_ended_with_it(tmp_path: Path) -> None:
    """It holds the pipes open, and would be waited for."""
    async with patiently():
        await run(shell(tmp_path, "sleep 600 & echo $! > pid"), cwd=tmp_path)
    await wait_until(lambda: not alive(pid_file(tmp_path)))


async def test_each_of_two_tells_what_it_has_used_itself(tmp_path: Path) -> None:
    """However it ends: the busy one meets the wall."""
    busy: list[float] = []
    idle: list[float] = []
    waits = asyncio.ensure_future(run(["/bin/sleep", "600"], cwd=tmp_path, spent=idle.append))
    argv = shell(tmp_path, "while :; do :; done")
    with pytest.raises(TimeLimitError):
        await run(argv, cwd=tmp_path, limits=ProcessLimits(wall_seconds=2), spent=busy.append)
    waits.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waits
    assert 0 < idle[0] < busy[0] <= 2.5


async def test_cancelling_a_start_leaves_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has begun, and has a child, before we have hold of its pipes."""
    argv = shell(tmp_path, "sleep 600 & echo $! > pid.new; mv pid.new pid; wait")
    loop = asyncio.get_running_loop()
    plain = loop.connect_read_pipe

    async def late(*arguments: Any) -> Any:
        await wait_until((tmp_path / "pid").exists)
        return await plain(*arguments)

    monkeypatch.setattr(loop, "connect_read_pipe", late)
    task = asyncio.ensure_future(run(argv, cwd=tmp_path))
    await wait_until((tmp_path / "pid").exists)
    task.cancel()
    async with patiently():
        with pytest.raises(asyncio.CancelledError):
            await task
    await wait_until(lambda: not alive(pid_file(tmp_path)))


async def test_a_failing_listener_leaves_no_process(tools: Tools, tmp_path: Path) -> None:
    def refuse(progress: Progress) -> None:
        raise LookupError(progress)

    with pytest.raises(LookupError):
        await run([tools.ffmpeg, *ENDLESS], cwd=tmp_path, on_progress=refuse)
    mine = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    assert not [pid for pid in mine if "ffmpeg" in Path(f"/proc/{pid}/cmdline").read_text()]


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
async def test_a_killed_worker_leaves_no_orphan(tmp_path: Path) -> None:
    argv = shell(tmp_path, "echo $$ > pid.new; mv pid.new pid; exec sleep 600")
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import asyncio, sys; from pathlib import Path; from workers.ffmpeg.process import run;"
        "asyncio.run(run(sys.argv[2:], cwd=Path(sys.argv[1])))",
        str(tmp_path),
        *argv,
        cwd=PROJECT,
    )
    try:
        await wait_until((tmp_path / "pid").exists)
        assert alive(pid_file(tmp_path))
    finally:
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    await wait_until(lambda: not alive(pid_file(tmp_path)))


async def test_the_workers_secrets_are_not_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    await run(shell(tmp_path, "env > seen"), cwd=tmp_path)
    assert "canary" not in (tmp_path / "seen").read_text()


async def test_one_that_nobody_could_wait_for_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def no_thread(thread: threading.Thread) -> None:
        started.append(int(thread.name.removeprefix("wait-")))
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)
    with pytest.raises(RuntimeError, match="thread"):
        await run(shell(tmp_path, "exec sleep 600"), cwd=tmp_path)
    assert not alive(started[0])
