"""Run ffprobe on one file, within limits."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

from workers.ffmpeg.diagnose import (
    PROCESSING_TIMEOUT,
    Failure,
    diagnose_probe,
    diagnose_size,
)
from workers.ffmpeg.probe_command import probe_command
from workers.ffmpeg.process import start
from workers.media.info import MediaInfo
from workers.media.limits import DEFAULT_LIMITS, Fault, Limits
from workers.media.probe_json import UnreadableProbeError, parse_probe
from workers.sandbox.policy import Policy

_STDERR_BYTES = 65536


class ProbeFailedError(Exception):
    """A file could not be probed.

    Attributes:
        argv: what was run.
        status: exit status; negative is the signal that killed it.
        stderr_tail: its last words.
        failure: whose fault it is.
    """

    def __init__(self, argv: list[str], status: int, stderr_tail: str, failure: Failure) -> None:
        self.argv = tuple(argv)
        self.status = status
        self.stderr_tail = stderr_tail
        self.failure = failure
        super().__init__(f"ffprobe failed ({failure.code}): {failure.message}")


async def probe(
    ffprobe: str,
    path: str,
    *,
    cwd: Path,
    limits: Limits = DEFAULT_LIMITS,
    policy: Policy | None = None,
) -> MediaInfo:
    """Read what a file is.

    Args:
        ffprobe: absolute path of the program.
        path: the file, seen from `cwd`.
        cwd: directory to run in.
        limits: streams and pixels beyond which ffprobe gives up, and how long and how much it may
            speak before it is given up itself.
        policy: what ffprobe may do; None for everything.

    Raises:
        ProbeFailedError: the file cannot be read, or ffprobe took too long or said too much.
    """
    argv = probe_command(ffprobe, path, limits)
    process = await start(argv, cwd, policy)
    output, errors = bytearray(), bytearray()
    try:
        async with asyncio.timeout(limits.probe_seconds):
            await asyncio.gather(
                _keep_head(process.stdout, output, limits.probe_bytes + 1),
                _keep_head(process.stderr, errors, _STDERR_BYTES),
                process.wait(),
            )
    except TimeoutError as error:
        failure = Failure(
            PROCESSING_TIMEOUT, "The file took too long to inspect. Try again later.", False
        )
        raise ProbeFailedError(argv, -signal.SIGKILL, _text(errors), failure) from error
    finally:
        await asyncio.shield(_kill(process))
    status = process.returncode or 0
    if status != 0:
        failure = diagnose_probe(status, _text(errors))
        raise ProbeFailedError(argv, status, _text(errors), failure)
    try:
        # Cut off at the limit it is no whole JSON any more, and refused as that.
        info = parse_probe(_text(output[: limits.probe_bytes]))
    except UnreadableProbeError as error:
        failure = Failure(Fault.CORRUPT_MEDIA, "The file's description makes no sense.", True)
        raise ProbeFailedError(argv, status, _text(errors), failure) from error
    # Some decoders leave the size out when it passes the limit, and ffprobe goes on.
    beyond = diagnose_size(_text(errors)) if info.video and not info.video.width else None
    if beyond is not None:
        raise ProbeFailedError(argv, status, _text(errors), beyond)
    return info


async def _keep_head(stream: asyncio.StreamReader | None, kept: bytearray, size: int) -> None:
    assert stream is not None  # a pipe was asked for
    while chunk := await stream.read(65536):
        kept += chunk[: size - len(kept)]


async def _kill(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _text(data: bytearray) -> str:
    return bytes(data).decode(errors="replace")
