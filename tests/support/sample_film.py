"""Segments of a film, made by FFmpeg as a worker makes them, stored and listed."""

import hashlib
import struct
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.model.states import Made, TrackKind
from core.tasks import spans
from core.tasks.claim import Work
from core.tasks.spans import NewSpan, NewTrack
from embedded.ffmpeg import find_tools

RATE, GROUP = 24, 48
_FLAGS = "movflags=+negative_cts_offsets:use_editlist=0"


@dataclass(frozen=True)
class Sample:
    """A track with the bytes of its header and of its segments; durations in ticks."""

    track: NewTrack
    init: bytes
    segments: tuple[bytes, ...]
    durations: tuple[int, ...]

    @property
    def starts(self) -> list[int]:
        """When each segment begins, in ticks."""
        return [sum(self.durations[:number]) for number in range(len(self.durations))]


@cache
def film(seconds: float = 7.5) -> tuple[Sample, ...]:
    """Return two picture sizes and a sound of a film that FFmpeg generates."""
    with TemporaryDirectory() as place:
        folder = Path(place)
        sizes = {"720p": (320, 180, "64"), "480p": (160, 90, "64")}
        found: list[Sample] = []
        for name, (width, height, _) in sizes.items():
            _encode(
                folder / name,
                ["-f", "lavfi", "-i", f"testsrc2=s={width}x{height}:r={RATE}:d={seconds}"],
                ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "2",
                 "-x264-params", f"keyint={2 * GROUP}:min-keyint={GROUP + 1}:scenecut=0",
                 "-force_key_frames", f"expr:eq(mod(n,{GROUP}),0)"],
                "1.9",
            )  # fmt: skip
            track = _track(name, TrackKind.VIDEO, RATE, 1_500_000 // (1 + len(found)))
            found.append(
                _read(folder / name, replace(track, width=width, height=height, frame_rate="24"))
            )
        _encode(
            folder / "audio",
            ["-f", "lavfi", "-i", f"sine=440:sample_rate=48000:d={seconds}"],
            ["-c:a", "aac", "-b:a", "96k"],
            "2",
        )
        track = _track("audio", TrackKind.AUDIO, 48_000, 128_000)
        found.append(_read(folder / "audio", replace(track, channels=1, language="en")))
        return tuple(found)


def _track(name: str, kind: TrackKind, scale: int, ceiling: int) -> NewTrack:
    codecs = "avc1.42c00d" if kind is TrackKind.VIDEO else "mp4a.40.2"
    return NewTrack(uuid.uuid4(), name, kind, Made.ENCODED, codecs, scale, 0, "", ceiling)


def _encode(folder: Path, source: list[str], codec: list[str], seconds: str) -> None:
    folder.mkdir()
    subprocess.run(
        [
            find_tools().ffmpeg, "-v", "error", "-nostdin", *source, *codec, "-f", "hls",
            "-hls_time", seconds, "-hls_list_size", "0", "-hls_segment_type", "fmp4",
            "-hls_fmp4_init_filename", "init.mp4", "-hls_segment_filename", f"{folder}/%d.m4s",
            "-hls_segment_options", _FLAGS, f"{folder}/index.m3u8",
        ],
        check=True, timeout=60,
    )  # fmt: skip


def _read(folder: Path, track: NewTrack) -> Sample:
    init = (folder / "init.mp4").read_bytes()
    places = sorted(folder.glob("*.m4s"), key=lambda path: int(path.stem))
    segments = tuple(path.read_bytes() for path in places)
    at = init.find(b"mdhd")
    scale = struct.unpack_from(">I", init, at + (24 if init[at + 4] else 16))[0]
    durations = tuple(_ticks(segment) for segment in segments)
    made = replace(
        track, time_scale=scale, init_size=len(init), init_sha256=hashlib.sha256(init).hexdigest()
    )
    return Sample(made, init, segments, durations)


def _ticks(segment: bytes) -> int:
    """Return how long the samples of a segment last, by its boxes."""
    header, run = segment.find(b"tfhd"), segment.find(b"trun")
    flags = int.from_bytes(segment[header + 5 : header + 8])
    place = header + 12 + (8 if flags & 1 else 0) + (4 if flags & 2 else 0)
    usual = struct.unpack_from(">I", segment, place)[0] if flags & 8 else 0
    flags = int.from_bytes(segment[run + 5 : run + 8])
    count = struct.unpack_from(">I", segment, run + 8)[0]
    if not flags & 0x100:
        return int(count * usual)
    place = run + 12 + (4 if flags & 1 else 0) + (4 if flags & 4 else 0)
    step = 4 * sum(bool(flags & bit) for bit in (0x100, 0x200, 0x400, 0x800))
    return sum(
        struct.unpack_from(">I", segment, place + number * step)[0] for number in range(count)
    )


def cut(
    sample: Sample, track: NewTrack, key: str, at: int, first: int, last: int
) -> tuple[NewSpan, bytes]:
    """Return a span of the segments from `first` to before `last`, and its bytes in an object.

    These are to stand at `at` of the object.
    """
    head = sample.init if first == 0 else b""
    segments = sample.segments[first:last]
    span = NewSpan(
        track.id, first, sample.starts[first], key, at + len(head),
        tuple(map(len, segments)), sample.durations[first:last],
    )  # fmt: skip
    return span, head + b"".join(segments)


async def begin(
    db: Database, storage: Storage, held: Work, samples: Sequence[Sample], last: int
) -> list[NewTrack]:
    """Store and list the first segments of tracks as a worker does; then it can be watched."""
    tracks = [replace(sample.track, id=uuid.uuid4()) for sample in samples]
    listed = await _store(storage, held, samples, tracks, 0, last)
    async with db.begin() as tx:
        await spans.begin_playing(tx, held, tracks, listed)
    return tracks


async def go_on(
    db: Database,
    storage: Storage,
    held: Work,
    samples: Sequence[Sample],
    tracks: Sequence[NewTrack],
    first: int,
) -> None:
    """Store and list all segments of tracks from one on."""
    last = max(len(sample.segments) for sample in samples)
    listed = await _store(storage, held, samples, tracks, first, last)
    async with db.autocommit() as connection:
        await spans.add(connection, held, [], listed)


async def _store(
    storage: Storage,
    held: Work,
    samples: Sequence[Sample],
    tracks: Sequence[NewTrack],
    first: int,
    last: int,
) -> list[NewSpan]:
    listed, body = [], b""
    key = f"{held.stream_prefix}{first}.mp4"
    for sample, track in zip(samples, tracks, strict=True):
        span, added = cut(sample, track, key, len(body), first, last)
        body += added
        listed.append(span)
    await storage.put(key, body, "video/mp4")
    return listed
