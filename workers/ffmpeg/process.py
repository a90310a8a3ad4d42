"""Run one FFmpeg: its progress, its stall, its end, and no orphan."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from workers.ffmpeg.progress import Progress, ProgressParser
from workers.ffmpeg.signs import look
from workers.ffmpeg.stall import Signs, StallClock
from workers.ffmpeg.standard_input import Feed, Feeding, OwnTime
from workers.sandbox.policy import Policy

_LAUNCHER = Path(__file__).with_name("launch.py")
_CHUNK = 65536
_SHORTEST_WAIT_S = 0.05  # its own time may stand still, and must not be asked for in a circle
_LOOK_S = 10.0  # within which a disk must tell what is on it, once there is no progress
# FFmpeg needs no variable; the worker's own hold secrets that a hostile file must not reach.
ENVIRONMENT = {"LC_ALL": "C", "AV_LOG_FORCE_NOCOLOR": "1"}


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """How long to bear with a process.

    Attributes:
        stall_seconds: without any progress before it is killed: neither in its reports nor in its
            files, nor to or from a disk.
        wall_seconds: from start to end, without what it waits for its input.
        stop_seconds: between asking it to end and killing it. One that is fed is killed at once:
            while it waits for its input it does not hear.
        stderr_bytes: of its last words to keep.
    """

    stall_seconds: float = 60.0
    wall_seconds: float = 10 * 3600.0
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
    outputs: Path | None = None,
    limits: ProcessLimits = DEFAULT_PROCESS_LIMITS,
    policy: Policy | None = None,
    feed: Feed | None = None,
) -> Finished:
    """Run FFmpeg to its end. Cancelling the awaiting task is how it is stopped.

    However this ends, no process of the group is left.

    Args:
        argv: absolute path of the program and its arguments.
        cwd: directory to run in.
        on_progress: called with every report.
        outputs: the directory in which it makes its files; one that changes is progress.
        limits: how long to bear with it.
        policy: what it may do; None for everything.
        feed: writes its standard input; without it there is none. When that fails FFmpeg is
            killed, and whatever it raised is raised: an input that breaks off must not pass for a
            short one. FFmpeg may end before it has read everything.

    Raises:
        FFmpegFailedError: it ended with another status than 0; 125 when its sandbox, 127 when it
            itself could not be started.
        StallError: no progress for `stall_seconds`.
        TimeLimitError: it ran longer than `wall_seconds`.
    """
    began, own_time = time.monotonic(), OwnTime()
    source = Feeding(feed, own_time) if feed is not None else None
    try:
        process = await start(argv, cwd, policy, source.reading_end if source else None)
    except BaseException:
        if source is not None:
            await source.end()
        raise
    clock = StallClock(limits.stall_seconds, own_time.now())
    watch = _Watch(clock, on_progress, own_time)
    tail = bytearray()
    feeding = source.begin() if source is not None else None
    readers = [
        asyncio.ensure_future(watch.read(_reader(process.stdout))),
        asyncio.ensure_future(_keep_tail(_reader(process.stderr), tail, limits.stderr_bytes)),
    ]
    overdue: type[FFmpegFailedError] | None = None
    try:
        overdue = await _wait(
            process,
            clock,
            own_time,
            partial(_see, process.pid, outputs, source),
            readers,
            feeding,
            own_time.now() + limits.wall_seconds,
        )
    finally:
        await asyncio.shield(_end(process, readers, source, limits.stop_seconds))
    text = bytes(tail).decode(errors="replace")
    status = process.returncode or 0
    if overdue is not None:
        raise overdue(argv, status, text)
    if status != 0:
        raise FFmpegFailedError(argv, status, text)
    return Finished(tuple(argv), text, time.monotonic() - began)


async def start(
    argv: Sequence[str], cwd: Path, policy: Policy | None, stdin: int | None = None
) -> asyncio.subprocess.Process:
    """Start a process in a group of its own; cancelled meanwhile, leave none of the group behind.

    asyncio itself would kill the process alone, and then wait for all that hold its pipes.

    Args:
        argv: absolute path of the program and its arguments.
        cwd: directory to run in.
        policy: what it may do; None for everything.
        stdin: descriptor of its standard input; None for none.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *launched(argv, policy),
            cwd=cwd,
            env=ENVIRONMENT,
            stdin=asyncio.subprocess.DEVNULL if stdin is None else stdin,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        process = await starting
        _signal_group(process, signal.SIGKILL)
        await process.wait()
        raise


class _Watch:
    """Reads progress, and tells the clock and the listener of it."""

    def __init__(
        self,
        clock: StallClock,
        on_progress: Callable[[Progress], None] | None,
        own_time: OwnTime,
    ) -> None:
        self._clock = clock
        self._own_time = own_time
        self._on_progress = on_progress
        self._parser = ProgressParser()

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
        self._clock.reported(
            progress.out_time, progress.frame, done=progress.done, now=self._own_time.now()
        )
        if self._on_progress is not None:
            self._on_progress(progress)


async def _wait(
    process: asyncio.subprocess.Process,
    clock: StallClock,
    own_time: OwnTime,
    see: Callable[[], Signs],
    readers: Sequence[asyncio.Future[None]],
    feeding: asyncio.Future[None] | None,
    wall_deadline: float,
) -> type[FFmpegFailedError] | None:
    """Wait for the end; say which patience ran out, if one did.

    All times are the process's own, so they are read anew after each wait.
    """
    ended = asyncio.ensure_future(process.wait())
    waiting: set[asyncio.Future[Any]] = {ended, *readers}
    beside: set[asyncio.Future[Any]] = {feeding} if feeding is not None else set()
    looking: asyncio.Future[Signs] | None = None
    late = wall_deadline
    try:
        while waiting:
            now = own_time.now()
            if now >= wall_deadline:
                return TimeLimitError
            if looking is None and now >= clock.look_at:
                # In a thread: a disk that is slow enough to matter is slow to tell, too.
                looking = asyncio.ensure_future(asyncio.to_thread(see))
                late = max(now, clock.deadline) + _LOOK_S
            # A disk that hangs never tells: then what was known before it was asked decides.
            until = min(wall_deadline, late if looking else clock.look_at)
            done, _ = await asyncio.wait(
                {*waiting, *beside, looking} if looking else waiting | beside,
                timeout=max(until - now, _SHORTEST_WAIT_S),
                return_when=asyncio.FIRST_COMPLETED,
            )
            waiting -= done
            beside -= done
            for future in done:
                future.result()
            if looking is not None and not looking.done() and own_time.now() >= late:
                return StallError
            if looking is not None and looking in done:
                clock.looked(looking.result(), own_time.now())
                looking = None
                if clock.stands_still(own_time.now()):
                    return StallError
        return None
    finally:
        ended.cancel()
        if looking is not None:
            looking.cancel()


async def _end(
    process: asyncio.subprocess.Process,
    readers: Sequence[asyncio.Future[None]],
    source: Feeding | None,
    stop_seconds: float,
) -> None:
    """Leave no process of the group, no reader and no feeder behind."""
    if process.returncode is None:
        waits = source is not None and source.unfinished
        _signal_group(process, signal.SIGKILL if waits else signal.SIGTERM)
        try:
            # The readers go on draining, else a full pipe would keep FFmpeg from ending.
            await asyncio.wait_for(process.wait(), stop_seconds)
        except TimeoutError:
            _signal_group(process, signal.SIGKILL)
            await process.wait()
    if source is not None:
        await source.end()
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)


def _see(pid: int, outputs: Path | None, source: Feeding | None) -> Signs:
    return replace(look(pid, outputs), taken=source.taken if source is not None else 0)


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
