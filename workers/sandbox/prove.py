"""Tests that FFmpeg works in a sandbox and cannot leave it."""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from workers.ffmpeg.process import (
    FFmpegFailedError,
    ProcessLimits,
    StallError,
    TimeLimitError,
    run,
)
from workers.runtime.concurrency import together
from workers.sandbox.kernel import Layer
from workers.sandbox.policy import Sandbox

_CPU_SECONDS = 60
_FILE_SIZE = 10_000_000
# On a machine that is busy with everything else too.
_LIMITS = ProcessLimits(wall_seconds=60.0, stdout_bytes=_FILE_SIZE)
_QUIET = ("-hide_banner", "-nostdin", "-v", "error")
_OUT = "made.mp4"


class LeakError(Exception):
    """A sandbox does not let the programs work, or does not keep them in."""


async def prove(sandbox: Sandbox, ffmpeg: str, ffprobe: str, folder: Path) -> None:
    """Encode and probe in the sandbox, in a directory in `folder`, and try to get out of it.

    Raises:
        LeakError: it does not hold, or what must work does not. The message is one phrase.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="sandbox-") as name:
        place = Path(name)
        try:
            await together(
                (
                    _works(sandbox, ffmpeg, ffprobe, place),
                    _reads_nothing_else(sandbox, ffmpeg, place),
                    _connects_nowhere(sandbox, ffmpeg, place),
                )
            )
        except OSError as error:
            raise LeakError(f"FFmpeg cannot be tested in the sandbox: {error}") from error


async def _works(sandbox: Sandbox, ffmpeg: str, ffprobe: str, place: Path) -> None:
    out = place / "out"
    out.mkdir()
    argv = [ffmpeg, *_QUIET, "-f", "lavfi", "-i", "testsrc2=s=64x64:r=5:d=0.4",
            "-c:v", "libx264", "-movflags", "+faststart", f"out/{_OUT}"]  # fmt: skip
    await _run(sandbox, argv, place, writes=[out], file_size=_FILE_SIZE)
    argv = [ffprobe, "-hide_banner", "-v", "error", "-show_streams", f"out/{_OUT}"]
    if b"codec_name=h264" not in await _run(sandbox, argv, place, reads=[out / _OUT]):
        raise LeakError(f"{ffprobe} does not work in the sandbox: it cannot read the test video")


async def _reads_nothing_else(sandbox: Sandbox, ffmpeg: str, place: Path) -> None:
    if Layer.LANDLOCK not in (sandbox.layers or ()):
        return  # what is read is that layer's to say
    canary = os.urandom(16).hex().encode()
    (place / "neighbour").write_bytes(canary)
    argv = [ffmpeg, *_QUIET, "-f", "data", "-i", "neighbour", "-map", "0",
            "-c", "copy", "-f", "data", "pipe:1"]  # fmt: skip
    if canary in await _run(sandbox, argv, place, may_fail=True):
        raise LeakError("FFmpeg could read a file that it must not")


async def _connects_nowhere(sandbox: Sandbox, ffmpeg: str, place: Path) -> None:
    if Layer.SECCOMP not in (sandbox.layers or ()):
        return  # Landlock knows of TCP too, but only since ABI 4
    reached = asyncio.Event()

    async def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.set()
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        argv = [ffmpeg, *_QUIET, "-f", "data", "-i", f"tcp://127.0.0.1:{port}?timeout=2000000",
                "-map", "0", "-c", "copy", "-f", "data", "pipe:1"]  # fmt: skip
        await _run(sandbox, argv, place, may_fail=True)
    if reached.is_set():
        raise LeakError("FFmpeg could open a connection")


async def _run(
    sandbox: Sandbox,
    argv: list[str],
    place: Path,
    *,
    reads: Sequence[Path] = (),
    writes: Sequence[Path] = (),
    file_size: int = 0,
    may_fail: bool = False,
) -> bytes:
    """Return what a program says in the sandbox."""
    policy = sandbox.policy(
        argv[0], reads=reads, writes=writes, cpu_seconds=_CPU_SECONDS, file_size=file_size
    )
    try:
        return (await run(argv, cwd=place, limits=_LIMITS, policy=policy)).stdout
    except FFmpegFailedError as error:
        if may_fail and not isinstance(error, StallError | TimeLimitError):
            return error.stdout
        raise LeakError(f"{argv[0]} does not work in the sandbox: {error}") from error
