"""Says whether a source must be read once more, as something of it may be missing."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from core.errors import TransientError
from core.model.failure_codes import FailureCode
from workers.context import Context
from workers.ffmpeg import diagnose
from workers.ffmpeg.frames import Reader
from workers.ffmpeg.standard_input import Feed
from workers.formats.dif import misplaced
from workers.formats.fragments import fragments
from workers.formats.shape import Pipe
from workers.formats.wave import missing
from workers.media.audio_plan import AudioPlan
from workers.media.damage import SLACK_FRAMES
from workers.media.info import MediaInfo
from workers.media.plan import EncodePlan
from workers.media.verify import ends_early
from workers.media.without_strays import has_strays
from workers.sandbox.policies import probe_policy
from workers.sources.read import INPUT

Made = Mapping[str, MediaInfo]
T = TypeVar("T")

# Decoding a source once more takes a quarter of its length or less, one stream on one core.
_PATIENCE = 2.0
# Of pieces that are missing in these, or of wrong checksums, FFmpeg says nothing.
_SILENT = frozenset({"asf", "ogg", "rm", "flac"})
# Bytes beside all packets that are no loss: the smallest fragment with a second of sound has more.
_SLACK_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a source may be damaged, and must be read once more.

    Attributes:
        complaint: what FFmpeg has said against it, or has left out; None if it may as well be good.
        missed: the part of its picture and sound, by bytes, that is in no packet.
        passed_over: whether something came too late for its time, and is in no output.
    """

    complaint: FailureCode | None
    missed: float = 0.0
    passed_over: bool = False


async def doubt_of(
    context: Context, decided: EncodePlan | AudioPlan, outputs: Made, words: str
) -> Doubt | None:
    """Return why a source must be read once more; None if nothing is against it.

    `words` are the last ones of FFmpeg. It says nothing of a file that was cut between two packets,
    though an index still counts them all, and nothing of fragments that it cannot read.
    """
    complaint = diagnose.complaint(words)
    if complaint is None and await _lacks_packets(context, decided, outputs):
        complaint = FailureCode.TRUNCATED_MEDIA
    containers = frozenset(decided.container.split(","))
    if "mp3" in containers and isinstance(context.way, Pipe) and ends_early(decided, outputs):
        raise TransientError("less came out than is counted")  # its size is not known in a pipe
    missed, in_order = await _pieces(context, containers, outputs)
    if missed and complaint is None:
        complaint = FailureCode.CORRUPT_MEDIA
    late = bool(diagnose.passed_over(words))
    odd = late or has_strays(decided) or diagnose.doubts(words) or diagnose.sees_more(words)
    if complaint or not in_order or odd or containers & _SILENT:
        return Doubt(complaint, missed, late)
    return None


async def _lacks_packets(context: Context, decided: EncodePlan | AudioPlan, outputs: Made) -> bool:
    """Whether an index counts more pictures than there are."""
    if isinstance(decided, AudioPlan):
        return False
    counted = decided.video.frame_count
    if counted is None or ends_early(decided, outputs) is None:
        return False
    if isinstance(context.way, Pipe):
        raise TransientError("less came out than is counted")
    reader, video = reader_of(context, outputs), decided.video
    if decided.container == "avi" and video.frame_rate is not None:
        # It also counts empty chunks, in which the picture stands: they are no packets.
        last = await reader.last_packet(video.index)
        count = None if last is None else round(last * video.frame_rate) + 1
    else:
        count = await reader.count_packets(video.index)
    return count is not None and count < counted - SLACK_FRAMES


async def _pieces(
    context: Context, containers: frozenset[str], outputs: Made
) -> tuple[float, bool]:
    """Return the part that is in no packet, and whether pieces are in order, as the file has them.

    Of other containers, and of what came through a pipe, nothing is known: 0, and in order.
    """
    file = context.place / INPUT
    if isinstance(context.way, Pipe):  # fragments never come so
        return 0.0, True
    for container, look in (("dv", misplaced), ("wav", missing)):
        if container in containers:
            return await asyncio.to_thread(_read, file, look), True
    found = await asyncio.to_thread(_read, file, fragments) if "mp4" in containers else None
    if found is None:
        return 0.0, True
    there, read = found.media, await reader_of(context, outputs).packet_bytes()
    much = read is not None and there - read > _SLACK_BYTES
    return (there - (read or 0)) / there if much else 0.0, found.in_order


def _read(file: Path, look: Callable[[int, Callable[[int, int], bytes]], T]) -> T:
    """Have a look at a file, in a few bytes of many places."""
    with file.open("rb", buffering=0) as source:

        def read(start: int, end: int) -> bytes:
            source.seek(start)
            return source.read(end - start)

        return look(file.stat().st_size, read)


def reader_of(context: Context, outputs: Made) -> Reader:
    """Return what reads the whole file once more."""
    return reader_for(context, longest(outputs), None)


def reader_for(context: Context, seconds: float, feed: Feed | None) -> Reader:
    """Return what reads a file of so many seconds once more; by `feed` if it is not there."""
    tools, limits, file = context.tools, context.limits, context.place / INPUT
    patience_s = limits.probe_timeout_s + _PATIENCE * seconds
    there = file if feed is None else None
    policy = probe_policy(tools.sandbox, tools.ffprobe, there, patience_s)
    return Reader(tools.ffprobe, file, patience_s, limits, policy, context.report.spent, feed)


def longest(outputs: Made) -> float:
    """Return how many seconds were made."""
    return max(each.duration or 0.0 for each in outputs.values())
