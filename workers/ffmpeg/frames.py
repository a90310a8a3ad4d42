"""Reads one stream of a file to its end with ffprobe, to find what of it is missing."""

import asyncio
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from workers.ffmpeg.diagnose import breaks
from workers.ffmpeg.process import FFmpegFailedError, ProcessLimits, TimeLimitError, run
from workers.ffmpeg.standard_input import Feed
from workers.ffmpeg.whitelists import MAX_ALLOC_BYTES, PIPE, input_options
from workers.media.damage import Frame
from workers.media.limits import DEFAULT_LIMITS, Limits
from workers.sandbox.policy import Policy

# As many frames as are taken have some 9 MB.
_MOST_BYTES = 32 * 1024**2
_LINE, _SAID = re.compile(r"[^\n]+"), "log|"
_FRAME = re.compile(r"frame\|(-?[\d.]+)\|([\d.]+|N/A)?(?:\|(\d+)(?![.\d]))?")
_COUNT = re.compile(r"^stream\|(\d+)$", re.MULTILINE)
_TIME = re.compile(r"^packet\|(-?[\d.]+)", re.MULTILINE)
_KEY = re.compile(r"^packet\|(-?[\d.]+)\|(.)", re.MULTILINE)
_SIZE = re.compile(r"^packet\|(\d+)", re.MULTILINE)
_START = re.compile(r"^format\|(-?[\d.]+)$", re.MULTILINE)
_FORMAT = re.compile(r"format\|([\w,]+)\|(-?[\d.]+)?")
# Containers of what is sent: their clock runs on while nothing is recorded.
_SENT = frozenset({"mpegts"})


_FRAMES = (
    "-show_frames",
    "-show_log", "16",  # errors
    "-show_entries",
    # Before FFmpeg 6 the duration has another name.
    "frame=best_effort_timestamp_time,duration_time,pkt_duration_time,pkt_pos:log=message"
    ":format=format_name,start_time",
)  # fmt: skip
# An index counts also what an edit list leaves out.
_PACKETS = ("-ignore_editlist", "1", "-count_packets", "-show_entries", "stream=nb_read_packets")
_TIMES = ("-show_entries", "packet=dts_time")
_SHOWN = ("-show_entries", "packet=pts_time:format=start_time")
_SIZES = ("-ignore_editlist", "1", "-show_entries", "packet=size")

_FIRST = (
    "-read_intervals", "%+#1", "-show_entries", "packet=pts_time,flags:format=start_time",
)  # fmt: skip


@dataclass(frozen=True)
class Reader:
    """Reads streams of one file.

    Attributes:
        ffprobe: absolute path of the program.
        file: what is read.
        patience_s: seconds that each stream may take.
        spent: as for `run`.
        feed: writes the file into a pipe, if it is not there; then it may break off.
    """

    ffprobe: str
    file: Path
    patience_s: float
    limits: Limits = DEFAULT_LIMITS
    policy: Policy | None = None
    spent: Callable[[float], None] | None = None
    feed: Feed | None = None

    async def frames(self, stream: int, *, checksums: bool = False) -> list[Frame] | None:
        """Return the frames of a stream, by its number; None if it took too long or none came.

        With `checksums`, those that the codec has are compared.
        """
        checked = ("-err_detect", "crccheck") if checksums else ()
        text = await self._read(*_of(stream), *checked, *_FRAMES)
        # In a thread: hours of sound have hundreds of thousands of lines.
        return await asyncio.to_thread(parse_frames, text) or None

    async def count_packets(self, stream: int) -> int | None:
        """Return how many packets of a stream are there; None if that took too long."""
        found = _COUNT.search(await self._read(*_of(stream), *_PACKETS))
        return int(found[1]) if found else None

    async def last_packet(self, stream: int) -> float | None:
        """Return when the last packet of a stream begins, in seconds; None if nobody can say."""
        times = _TIME.findall(await self._read(*_of(stream), *_TIMES))
        return float(times[-1]) if times else None

    async def packet_times(self, stream: int) -> list[float]:
        """Return when packets of a stream are shown, in the order of the file.

        In seconds since the file's beginning.
        """
        text = await self._read(*_of(stream), *_SHOWN)
        start = float(found[1]) if (found := _START.search(text)) else 0.0
        return await asyncio.to_thread(
            lambda: [float(each) - start for each in _TIME.findall(text)]
        )

    async def first_packet(self, stream: int) -> tuple[float, bool] | None:
        """Return when a stream begins, in seconds of the file, and whether with a keyframe.

        None if nobody can say.
        """
        text = await self._read(*_of(stream), *_FIRST)
        packet, start = _KEY.search(text), _START.search(text)
        if packet is None:
            return None
        return float(packet[1]) - (float(start[1]) if start else 0.0), packet[2] == "K"

    async def packet_bytes(self) -> int | None:
        """Return how many bytes the packets of all streams have; None if that took too long."""
        return sum(map(int, _SIZE.findall(await self._read(*_SIZES)))) or None

    async def _read(self, *options: str) -> str:
        """Return what ffprobe says; nothing if it took too long or said too much."""
        path = PIPE if self.feed is not None else f"./{self.file.name}"
        limits = self.limits
        argv = [
            self.ffprobe,
            "-v", "error",
            "-max_alloc", str(MAX_ALLOC_BYTES),
            *input_options(limits, path),
            *options,
            "-print_format", "compact=nokey=1",
            "-i", path,
        ]  # fmt: skip
        patience = ProcessLimits(
            stall_seconds=math.inf, wall_seconds=self.patience_s, stdout_bytes=_MOST_BYTES
        )
        try:
            done = await run(
                argv,
                cwd=self.file.parent,
                limits=patience,
                policy=self.policy,
                feed=self.feed,
                spent=self.spent,
            )
            output = done.stdout
        except TimeLimitError:
            return ""
        except FFmpegFailedError as error:
            output = error.stdout  # up to where it could read
        return "" if len(output) == _MOST_BYTES else output.decode(errors="replace")


def _of(stream: int) -> tuple[str, str]:
    return "-select_streams", str(stream)


def parse_frames(text: str) -> list[Frame]:
    """Read what ffprobe writes: a line for a frame, then or in more lines what was said of it."""
    found: list[Frame] = []
    first: float | None = None
    sent = timed = False
    for each in _LINE.finditer(text):  # one after the other: all at once take much memory
        line = each[0]
        head = _FRAME.match(line)
        if head is not None:
            found.append(_frame(*head.groups()))
        # At the end of FLAC comes a frame without anything, whose checksum is wrong.
        timed = head is not None or (timed and not line.startswith("frame|"))
        if timed and _SAID in line and breaks(line):
            found[-1] = replace(found[-1], faulty=True)
        if end := _FORMAT.match(line):
            first, sent = float(end[2]) if end[2] else None, end[1] in _SENT
    if first is None and found:
        first = found[0].start
    for number, frame in enumerate(found):
        start, byte = frame.start - (first or 0.0), frame.byte if sent else None
        found[number] = Frame(start, frame.seconds, frame.faulty, byte)
    return found


def _frame(start: str, seconds: str | None, byte: str | None) -> Frame:
    known = seconds is not None and seconds != "N/A"
    at = int(byte) if byte else None
    return Frame(float(start), float(seconds or 0) if known else 0.0, False, at)
