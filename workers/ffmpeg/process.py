"""Run one program to its end: what it says, its stall, what it used, and no orphan."""

import asyncio
import concurrent.futures
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from workers.ffmpeg.last_words import LastWords
from workers.ffmpeg.progress import Progress, ProgressParser
from workers.ffmpeg.stall import Signs, StallClock, look
from workers.ffmpeg.standard_input import Feed, OwnTime, StandardInput
from workers.runtime.concurrency import unbroken
from workers.sandbox.policy import Policy

_LAUNCHER = Path(__file__).parents[1] / "sandbox" / "launch.py"
_CHUNK = 65536
_SHORTEST_WAIT_S = 0.05  # its own time may stand still, and must not be asked for in a circle
_LOOK_S = 10.0  # within which a disk must tell what is on it, once there is no progress
# FFmpeg needs no variable; the worker's own hold secrets that a hostile file must not reach.
ENVIRONMENT = {"LC_ALL": "C", "AV_LOG_FORCE_NOCOLOR": "1"}


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """How much to bear with a process. Its memory is a matter of its `Policy`.

    Attributes:
        stall_seconds: without any progress before it is killed: neither in its reports nor in its
            files, nor to or from a disk.
        wall_seconds: from start to end, without what it waits for its input.
        stderr_bytes: of its last words to keep, beside the lines before them that tell something.
        stdout_bytes: of the beginning of its output to keep; 0 when it reports its progress there.
    """

    stall_seconds: float = 60.0
    wall_seconds: float = 25 * 3600.0
    stderr_bytes: int = 65536
    stdout_bytes: int = 0


DEFAULT_PROCESS_LIMITS = ProcessLimits()

# Goes on beside a program, and tells it to wait (True) or to go on.
Beside = Callable[[Callable[[bool], None]], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Finished:
    """A process that has ended: the beginning of its output, its last words, how long it took.

    Lines before the last words that tell something are kept, too: `LastWords`. It exited with 0 if
    it is `whole`.
    """

    stdout: bytes
    stderr_tail: str
    wall_seconds: float
    whole: bool = True


class FFmpegFailedError(Exception):
    """A program ended badly.

    Attributes:
        status: exit status; negative is the number of the signal that killed it.
        stderr_tail: its last words.
        stdout: the beginning of its output, as its limits have it.
    """

    reason = "FFmpeg failed"

    def __init__(self, status: int, stderr_tail: str, stdout: bytes = b"") -> None:
        self.status = status
        self.stderr_tail = stderr_tail
        self.stdout = stdout
        last = stderr_tail.strip().splitlines()[-1:] or ["it said nothing"]
        super().__init__(f"{self.reason} (status {status}): {last[0]}")


class StallError(FFmpegFailedError):
    """It made no progress for too long and was killed."""

    reason = "FFmpeg made no progress and was stopped"


class TimeLimitError(FFmpegFailedError):
    """It ran longer than it may and was killed."""

    reason = "FFmpeg ran too long and was stopped"


def launched(argv: Sequence[str], policy: Policy | None = None) -> list[str]:
    """Wrap a command so that it dies with this process, even when that is killed."""
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
    beside: Beside | None = None,
    said: Callable[[str], None] | None = None,
    spent: Callable[[float], None] | None = None,
    niceness: int = 0,
) -> Finished:
    """Run a program to its end. Cancelling the awaiting task is how it is stopped.

    However this ends, no process of its group is left.

    Args:
        argv: absolute path of the program and its arguments.
        cwd: where it runs.
        on_progress: called with every report.
        outputs: the directory in which it makes its files; one that changes is progress.
        limits: how much to bear with it.
        policy: None for everything.
        feed: writes its standard input; without it there is none. When that fails the program is
            killed, and whatever it raised is raised: an input that breaks off must not pass for a
            short one. The program may end before it has read everything.
        beside: goes on for as long as the program runs; when it fails, as with `feed`. It is
            given what has the program wait, with its clocks, or go on.
        said: called with what it says on its standard error, piece by piece.
        spent: called with the CPU seconds that it has used, the kernel's for it among them, however
            this ends.
        niceness: how far all others on the machine come before it, from 0 to 19; see nice(1).

    Raises:
        FFmpegFailedError: it ended with another status than 0; 125 when its sandbox, 127 when it
            itself could not be started.
        StallError: no progress for `stall_seconds`.
        TimeLimitError: it ran longer than `wall_seconds`.
    """
    began, own_time = time.monotonic(), OwnTime()
    stdin = StandardInput(feed, own_time) if feed is not None else None
    try:
        process = _start(launched(argv, policy), cwd, stdin, niceness)
        running = _Running(process, limits, own_time, on_progress, outputs, stdin, beside, said)
    except (OSError, RuntimeError):
        if stdin is not None:
            stdin.close()
        raise
    overdue: type[FFmpegFailedError] | None = None
    try:
        overdue = await running.wait()
    finally:
        await unbroken(running.end(spent))
    status, _ = running.ended.result()
    output, words = bytes(running.stdout), running.stderr.text()
    if overdue is not None or status != 0:
        raise (overdue or FFmpegFailedError)(status, words, output)
    return Finished(output, words, time.monotonic() - began)


def _start(
    command: list[str], cwd: Path, stdin: StandardInput | None, niceness: int
) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        command,
        bufsize=0,
        cwd=cwd,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL if stdin is None else stdin.reading_end,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    if niceness:
        _be_nice(process.pid, niceness)
    return process


def _be_nice(pid: int, niceness: int) -> None:
    """Have a process that was just started come after others; it has one thread yet."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
    # Linux may share the processors between sessions first, sched(7): this one has its own.
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness), encoding="ascii")


class _Running:
    """A process that was started, and all that hangs on it.

    `ended` tells its exit status, and the CPU seconds that it has used.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        limits: ProcessLimits,
        own_time: OwnTime,
        on_progress: Callable[[Progress], None] | None,
        outputs: Path | None,
        stdin: StandardInput | None,
        beside: Beside | None,
        said: Callable[[str], None] | None,
    ) -> None:
        self._process = process
        self._limits = limits
        self._own_time = own_time
        self._deadline = own_time.now() + limits.wall_seconds
        self._clock = StallClock(limits.stall_seconds, own_time.now())
        self._on_progress = on_progress
        self._outputs = outputs
        self._stdin = stdin
        self._said = said
        self.stdout, self.stderr = bytearray(), LastWords(limits.stderr_bytes)
        self.ended = _ended(process)
        self._readers = [
            asyncio.ensure_future(self._read_stdout()),
            asyncio.ensure_future(self._read_stderr()),
        ]
        self._held = False
        self._beside = [asyncio.ensure_future(stdin.feed())] if stdin is not None else []
        if beside is not None:
            self._beside.append(asyncio.ensure_future(beside(self._hold)))

    async def wait(self) -> type[FFmpegFailedError] | None:
        """Wait for the end; say which patience ran out, if one did."""
        patience = asyncio.ensure_future(self._patience())
        waiting: set[asyncio.Future[Any]] = {self.ended, *self._readers}
        watched: set[asyncio.Future[Any]] = {patience, *waiting, *self._beside}
        try:
            while waiting:
                done, watched = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
                for future in done:
                    future.result()
                waiting -= done
                if waiting and patience in done:
                    return patience.result()
            return None
        finally:
            patience.cancel()

    async def _patience(self) -> type[FFmpegFailedError]:
        """Wait until a patience has run out; return which.

        All times are the process's own, so they are read again after each wait.
        """
        own_time, clock = self._own_time, self._clock
        looking: asyncio.Future[Signs] | None = None
        late = self._deadline
        while (now := own_time.now()) < self._deadline:
            if looking is None and now < clock.look_at:
                until = min(clock.look_at, self._deadline)
                await asyncio.sleep(max(until - now, _SHORTEST_WAIT_S))
            elif looking is None:
                # In a thread: a disk that is slow enough to matter is slow to tell, too.
                taken = self._stdin.taken if self._stdin is not None else 0
                looking = asyncio.get_running_loop().run_in_executor(
                    None, look, self._process.pid, self._outputs, taken
                )
                late = max(now, clock.deadline) + _LOOK_S
            elif looking.done():
                clock.looked(looking.result(), now)
                looking = None
                if clock.stands_still(now):
                    return StallError
            elif now >= late:
                # A disk that hangs never tells: then what was known before it was asked decides.
                return StallError
            else:
                until = min(late, self._deadline)
                await asyncio.wait({looking}, timeout=max(until - now, _SHORTEST_WAIT_S))
        return TimeLimitError

    async def end(self, spent: Callable[[float], None] | None) -> None:
        """End all processes of the group, all readers and helpers."""
        if not self.ended.done():
            _signal_group(self._process.pid, signal.SIGKILL)
            await asyncio.wait({self.ended})
        beside = [*self._readers, *self._beside]
        for each in beside:
            each.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None  # it was asked for
            pipe.close()
        if self._stdin is not None:
            self._stdin.close()
        if spent is not None:
            spent(self.ended.result()[1])

    def _hold(self, wanted: bool) -> None:
        if wanted is self._held or self.ended.done():
            return
        self._held = wanted
        (self._own_time.stand if wanted else self._own_time.go)()
        _signal_group(self._process.pid, signal.SIGSTOP if wanted else signal.SIGCONT)

    async def _read_stdout(self) -> None:
        parser, rest = ProgressParser(), b""
        async for chunk in _chunks(self._process.stdout):
            if self._limits.stdout_bytes:
                self.stdout += chunk[: self._limits.stdout_bytes - len(self.stdout)]
                continue
            *lines, rest = (rest[-_CHUNK:] + chunk).split(b"\n")
            for line in lines:
                progress = parser.feed(line.decode(errors="replace"))
                if progress is not None:
                    self._reported(progress)

    def _reported(self, progress: Progress) -> None:
        self._clock.reported(
            progress.out_time, progress.frame, done=progress.done, now=self._own_time.now()
        )
        if self._on_progress is not None:
            self._on_progress(progress)

    async def _read_stderr(self) -> None:
        async for chunk in _chunks(self._process.stderr):
            self.stderr.feed(chunk)
            if self._said is not None:
                self._said(chunk.decode(errors="replace"))


def _ended(process: subprocess.Popen[bytes]) -> "asyncio.Future[tuple[int, float]]":
    """Tell the exit status of a process, and its CPU seconds, once it has ended.

    asyncio tells the status alone, and what all children together have used says nothing of one
    of several. The thread is none of the pool's, which would not let this process end before it.
    """
    told: concurrent.futures.Future[tuple[int, float]] = concurrent.futures.Future()

    def wait() -> None:
        try:
            _, status, usage = os.wait4(process.pid, 0)
            # What it has started and left behind would hold its pipes open.
            _signal_group(process.pid, signal.SIGKILL)
            process.returncode = os.waitstatus_to_exitcode(status)
            told.set_result((process.returncode, usage.ru_utime + usage.ru_stime))
        except BaseException as error:  # noqa: BLE001  it is raised where it is waited for
            told.set_exception(error)

    try:
        threading.Thread(target=wait, name=f"wait-{process.pid}", daemon=True).start()
    except RuntimeError:  # there may be no more threads, and nobody would ever end it
        with process:
            _signal_group(process.pid, signal.SIGKILL)
        raise
    return asyncio.wrap_future(told)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


async def _chunks(pipe: IO[bytes] | None) -> AsyncIterator[bytes]:
    """Yield what comes out of a pipe."""
    stream = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), pipe
    )
    try:
        while chunk := await stream.read(_CHUNK):
            yield chunk
    finally:
        transport.close()
