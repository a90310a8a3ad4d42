"""Run one FFmpeg: its progress, its stall, its end, and no orphan."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workers.ffmpeg.progress import Progress, ProgressParser
from workers.sandbox.policy import Policy

_LAUNCHER = Path(__file__).with_name("launch.py")
_CHUNK = 65536
# FFmpeg needs no variable; the worker's own hold secrets that a hostile file must not reach.
ENVIRONMENT = {"LC_ALL": "C", "AV_LOG_FORCE_NOCOLOR": "1"}


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """How long to bear with a process.

    Attributes:
        stall_seconds: without any progress before it is killed.
        wall_seconds: from start to end.
        stop_seconds: between asking it to end and killing it.
        stderr_bytes: of its last words to keep.
    """

    stall_seconds: float = 60.0
    wall_seconds: float = 7200.0
    stop_seconds: float = 1.5
    stderr_bytes: int = 65536


DEFAULT_PROCESS_LIMITS = ProcessLimits()


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that exited 0.

    Attributes:
        argv: what was run.
        stderr_tail: its last words.
        wall_seconds: how long it took.
    """

    argv: tuple[str, ...]
    stderr_tail: str
    wall_seconds: float


class FFmpegFailedError(Exception):
    """FFmpeg ended badly.

    Attributes:
        argv: what was run.
        status: exit status; negative is the number of the signal that killed it.
        stderr_tail: its last words.
    """

    def __init__(self, argv: Sequence[str], status: int, stderr_tail: str) -> None:
        self.argv = tuple(argv)
        self.status = status
        self.stderr_tail = stderr_tail
        last = stderr_tail.strip().splitlines()[-1:] or ["it said nothing"]
        super().__init__(f"{self.reason} (status {status}): {last[0]}")

    reason = "FFmpeg failed"


class StallError(FFmpegFailedError):
    """FFmpeg made no progress for too long and was killed."""

    reason = "FFmpeg made no progress and was stopped"


class TimeLimitError(FFmpegFailedError):
    """FFmpeg ran longer than it may and was killed."""

    reason = "FFmpeg ran too long and was stopped"


def launched(argv: Sequence[str], policy: Policy | None = None) -> list[str]:
    """Wrap a command so that it dies with this process, even when that is killed.

    Args:
        argv: absolute path of the program and its arguments.
        policy: what it may do; None for everything.
    """
    words = policy.words() if policy is not None else []
    launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), str(os.getpid())]
    return [*launcher, *words, "--", *argv]


async def run(
    argv: Sequence[str],
    *,
    cwd: Path,
    on_progress: Callable[[Progress], None] | None = None,
    limits: ProcessLimits = DEFAULT_PROCESS_LIMITS,
    policy: Policy | None = None,
) -> Finished:
    """Run FFmpeg to its end. Cancelling the awaiting task is how it is stopped.

    However this ends, no process of the group is left.

    Args:
        argv: absolute path of the program and its arguments.
        cwd: directory to run in.
        on_progress: called with every report.
        limits: how long to bear with it.
        policy: what it may do; None for everything.

    Raises:
        FFmpegFailedError: it ended with another status than 0; 125 when its sandbox, 127 when it
            itself could not be started.
        StallError: no progress for `stall_seconds`.
        TimeLimitError: it ran longer than `wall_seconds`.
    """
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *launched(argv, policy),
        cwd=cwd,
        env=ENVIRONMENT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    watch = _Watch(limits.stall_seconds, on_progress)
    tail = bytearray()
    readers = [
        asyncio.ensure_future(watch.read(_reader(process.stdout))),
        asyncio.ensure_future(_keep_tail(_reader(process.stderr), tail, limits.stderr_bytes)),
    ]
    overdue: type[FFmpegFailedError] | None = None
    try:
        overdue = await _wait(process, watch, readers, began + limits.wall_seconds)
    finally:
        await asyncio.shield(_end(process, readers, limits.stop_seconds))
    text = bytes(tail).decode(errors="replace")
    status = process.returncode or 0
    if overdue is not None:
        raise overdue(argv, status, text)
    if status != 0:
        raise FFmpegFailedError(argv, status, text)
    return Finished(tuple(argv), text, time.monotonic() - began)


class _Watch:
    """Reads progress and remembers when it last moved.

    FFmpeg repeats its report while it hangs, so only a changed time or frame counts.
    """

    def __init__(
        self, stall_seconds: float, on_progress: Callable[[Progress], None] | None
    ) -> None:
        self._stall_seconds = stall_seconds
        self._on_progress = on_progress
        self._parser = ProgressParser()
        self._place: tuple[float | None, int | None] = (None, None)
        self.deadline = time.monotonic() + stall_seconds

    async def read(self, stream: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await stream.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._take(line.decode(errors="replace"))

    def _take(self, line: str) -> None:
        progress = self._parser.feed(line)
        if progress is None:
            return
        place = (progress.out_time, progress.frame)
        if place != self._place or progress.done:
            self._place = place
            self.deadline = time.monotonic() + self._stall_seconds
        if self._on_progress is not None:
            self._on_progress(progress)


async def _wait(
    process: asyncio.subprocess.Process,
    watch: _Watch,
    readers: Sequence[asyncio.Future[None]],
    wall_deadline: float,
) -> type[FFmpegFailedError] | None:
    """Wait for the end; say which patience ran out, if one did."""
    ended = asyncio.ensure_future(process.wait())
    waiting: set[asyncio.Future[None] | asyncio.Future[int]] = {ended, *readers}
    try:
        while waiting:
            now = time.monotonic()
            if now >= wall_deadline:
                return TimeLimitError
            if now >= watch.deadline:
                return StallError
            done, waiting = await asyncio.wait(
                waiting,
                timeout=min(wall_deadline, watch.deadline) - now,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for future in done:
                future.result()
        return None
    finally:
        ended.cancel()


async def _end(
    process: asyncio.subprocess.Process,
    readers: Sequence[asyncio.Future[None]],
    stop_seconds: float,
) -> None:
    """Leave no process of the group and no reader behind."""
    if process.returncode is None:
        _signal_group(process, signal.SIGTERM)
        try:
            # The readers go on draining, else a full pipe would keep FFmpeg from ending.
            await asyncio.wait_for(process.wait(), stop_seconds)
        except TimeoutError:
            _signal_group(process, signal.SIGKILL)
            await process.wait()
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)


def _signal_group(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


async def _keep_tail(stream: asyncio.StreamReader, tail: bytearray, size: int) -> None:
    while chunk := await stream.read(_CHUNK):
        tail += chunk
        del tail[:-size]


def _reader(stream: asyncio.StreamReader | None) -> asyncio.StreamReader:
    assert stream is not None  # a pipe was asked for
    return stream
