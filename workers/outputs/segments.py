"""Finds the segments that FFmpeg has finished, and checks each before it may be listed."""

from collections import deque
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from workers.ffmpeg.segment_output import HEADER_NAME, segment_name
from workers.formats.h264 import parameter_sets, read_avcc, see_pictures
from workers.formats.known import Doubt
from workers.formats.segment import (
    Header,
    Segment,
    moved_on,
    read_header,
    read_segment,
    samples_of,
)
from workers.media.tracks import PlannedTrack


class OffGridError(Exception):
    """A segment is not as planned: the track cannot be streamed."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A segment on the disk: its number from 0 on, and its size in bytes."""

    number: int
    path: Path
    size: int
    segment: Segment


class SegmentReader:
    """Looks at the segments of one track while they come.

    Attributes:
        header: what the header of the track tells; None before it is there.
        header_bytes: the header.
        ready: segments that were checked, and not taken yet.
        end: up to where there are segments, in ticks.
        samples: pictures, or frames of sound, in them.
    """

    def __init__(self, track: PlannedTrack, place: Path) -> None:
        """Look for segments in `place`."""
        self.track, self._place = track, place
        self.header: Header | None = None
        self.header_bytes = b""
        self.ready: deque[Finished] = deque()
        self.end = 0
        self.samples = 0
        self._number = 0
        self._seen = 0
        self._ended = False
        self._sets: frozenset[bytes] = frozenset()  # that pictures of a source may repeat
        self._before = 0  # segments that were made by somebody else

    def go_on_at(self, number: int) -> None:
        """Look for the segments of a picture from this number on; their times begin at 0."""
        self._number = self._before = number
        self.samples = number * self.track.frames

    def look(self, *, all_made: bool) -> None:
        """Find what is new; `all_made` once FFmpeg has ended.

        Raises:
            OffGridError: a segment is not as planned.
            OSError: the disk failed.
        """
        while not self._ended and self._find(all_made=all_made):
            pass

    def _find(self, *, all_made: bool) -> bool:
        """Look for the next segment; False if it is not whole yet."""
        path = self._place / segment_name(self._number)
        try:
            size = path.stat().st_size
            if size == self._seen and not all_made:
                return False
            data = path.read_bytes()
        except FileNotFoundError:
            return False
        self._seen = len(data)
        try:
            segment = read_segment(data)
            self._read_header()
            if segment is not None and self.track.remuxed and self.track.number is not None:
                see_pictures(data, *samples_of(data), self._sets)
        except Doubt as error:
            raise OffGridError(f"segment {self._number} of {self.track.name}: {error}") from error
        if segment is None:
            if all_made:
                raise OffGridError(f"segment {self._number} of {self.track.name} is not whole")
            return False
        short = self.track.frames and segment.samples < self.track.frames
        if short and (self._place / segment_name(self._number + 1)).exists():
            raise OffGridError(
                f"segment {self._number} of {self.track.name} has {segment.samples} frames, and is "
                f"not the last one"
            )
        if short and not all_made:  # it may be the last one
            return False
        segment = self._accepted(path, data, segment)
        self.ready.append(Finished(self._number, path, len(data), segment))
        self._number, self._seen, self.end = self._number + 1, 0, segment.start + segment.duration
        self.samples += segment.samples
        self._ended = bool(short)
        return True

    def _accepted(self, path: Path, data: bytes, segment: Segment) -> Segment:
        """See that a segment goes on where it should; give it its time in its file, too."""
        moved = data
        if self._before:
            moved, segment = self._moved_on(data, segment)
        self._check(segment)
        if moved is not data:
            with path.open("r+b") as file:  # as long as it was
                file.write(moved)
        return segment

    def _moved_on(self, data: bytes, segment: Segment) -> tuple[bytes, Segment]:
        """Give a segment its time among those before."""
        assert self.header is not None
        assert self.track.frame_rate is not None
        before = Fraction(self._before * self.track.frames * self.header.time_scale)
        ticks = before / self.track.frame_rate
        if ticks.denominator > 1:
            raise OffGridError(f"a picture of {self.track.name} has no whole number of ticks")
        if self._number == self._before:
            self.end = ticks.numerator
        try:
            moved = moved_on(data, self._before, ticks.numerator)
        except Doubt as error:
            raise OffGridError(f"segment {self._number} of {self.track.name}: {error}") from error
        return moved, replace(segment, start=segment.start + ticks.numerator)

    def _read_header(self) -> None:
        if self.header is None:
            self.header_bytes = (self._place / HEADER_NAME).read_bytes()
            self.header = read_header(self.header_bytes)
            if self.header.avcc and self.track.remuxed:
                read_avcc(self.header.avcc)
                self._sets = parameter_sets(self.header.avcc)

    def _check(self, segment: Segment) -> None:
        """See that a segment goes on where the one before ended, at a keyframe, on the grid."""
        track, name = self.track, f"segment {self._number} of {self.track.name}"
        assert self.header is not None
        if segment.start != self.end or not segment.keyframe or not segment.samples:
            raise OffGridError(f"{name} begins at {segment.start}, and should at {self.end}")
        if not track.frames or track.frame_rate is None:
            return
        ticks = Fraction(segment.samples * self.header.time_scale) / track.frame_rate
        if segment.samples > track.frames or segment.duration != ticks:
            raise OffGridError(
                f"{name} has {segment.samples} frames in {segment.duration} ticks of "
                f"1/{self.header.time_scale} s"
            )
