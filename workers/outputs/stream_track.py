"""What a stream knows of one of its tracks, and when what waits is to be stored. Pure."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice

from core.model.ids import new_id
from core.model.states import Made, TrackKind
from core.tasks.spans import Listed, NewSpan, NewTrack
from workers.media.tracks import PlannedTrack
from workers.outputs.segments import Finished, OffGridError, SegmentReader

AT_ONCE = 3  # so many segments are listed each as it comes, so that play begins early
MOST_SEGMENTS = 64  # of a span
_OF_STORED = 1 / 4
MOST_SILENT = 8192  # segments of a silent sound kept on the disk: over 4 h, some 20 MB
# Silence takes less than this: so many bytes, and as many for each channel of a frame of AAC.
_SILENT_BYTES, _SILENT_FRAME_BYTES = 800, 8


class OtherBeginningError(OffGridError):
    """Nothing can go on after what was listed before, and nothing of it was passed over."""


@dataclass(eq=False)
class StreamTrack:
    """A track.

    Attributes:
        known: what is listed, by this attempt or earlier ones.
        begun: whether something is stored.
        silent: whether it is a sound that somebody may choose, and nothing was heard in it so far.
        first_end: when the first segment that was stored ends, in seconds.
        stored_end: up to where it is stored, in seconds.
    """

    reader: SegmentReader
    id: uuid.UUID = field(default_factory=new_id)
    known: Listed | None = None
    begun: bool = False
    silent: bool = False
    first_end: Fraction = Fraction(0)
    stored_end: Fraction = Fraction(0)

    @property
    def planned(self) -> PlannedTrack:
        """What was planned of it."""
        return self.reader.track

    @property
    def name(self) -> str:
        """Its name."""
        return self.planned.name

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture; else it is a sound."""
        return self.planned.number is not None

    @property
    def is_needed(self) -> bool:
        """Whether it is a picture, or the sound that is heard unless somebody chooses another."""
        return self.planned.is_default

    @property
    def waiting(self) -> Sequence[Finished]:
        """Segments that were checked, and are not stored yet."""
        return self.reader.ready

    @property
    def is_silent_for_long(self) -> bool:
        """Whether so much of it is silent that it is not worth the disk."""
        return self.silent and len(self.waiting) > MOST_SILENT

    @property
    def found_end(self) -> Fraction:
        """Up to where there are segments, in seconds."""
        return self._seconds(self.reader.end)

    def end_of(self, each: Finished) -> Fraction:
        """Return when a segment ends, in seconds."""
        return self._seconds(each.segment.start + each.segment.duration)

    def _seconds(self, ticks: int) -> Fraction:
        header = self.reader.header
        return Fraction(ticks, header.time_scale) if header else Fraction(0)

    def look(self, *, all_made: bool) -> None:
        """Find new segments, and pass over what an earlier attempt has listed.

        Raises:
            OtherBeginningError: what was listed is of no use.
            OffGridError: a segment is not as planned, or not what it was in that attempt.
            OSError: the disk failed.
        """
        seen = len(self.waiting)
        self.reader.look(all_made=all_made)
        if self.silent:
            self.silent = all(map(self._is_silent, islice(self.waiting, seen, None)))
        self._pass_over()

    def stored(self, segments: Sequence[Finished]) -> None:
        """Note that the next segments are stored, and remove their files."""
        self.begun = True
        for each in segments:
            self._is_stored_to(each)
            self.reader.ready.popleft()
            each.path.unlink()

    def is_listed_to(self, span: NewSpan) -> None:
        """Note that a span is listed, and all before it."""
        sha256 = hashlib.sha256(self.reader.header_bytes).hexdigest()
        end = span.start + sum(span.durations)
        self.known = Listed(self.id, sha256, span.first + len(span.sizes), end)

    def goes_on_behind(self, listed: Listed | None) -> None:
        """Go on behind what another encode has listed by now.

        Raises:
            OffGridError: something was passed over that is not listed any more.
        """
        if listed is None and self.stored_end:  # it was passed over, and is removed
            raise OffGridError(f"what was listed of {self.name} is gone")
        self.known, self.begun = listed, listed is not None
        self.id = new_id() if listed is None else listed.track_id

    def see_end(self) -> None:
        """See, at the end, that no more of it is listed than there is.

        Raises:
            OffGridError: there is.
        """
        if self.known is not None and self.known.end > self.reader.end:
            raise OffGridError(f"{self.name} was longer before")

    def begin_anew(self) -> None:
        """Forget what was listed before; nothing of it was passed over."""
        self.known, self.id, self.begun = None, new_id(), False

    def _is_stored_to(self, each: Finished) -> None:
        self.stored_end = self.end_of(each)
        self.first_end = self.first_end or self.stored_end

    def next_span(self, until: Fraction) -> list[Finished]:
        """Return the segments of the next span: the first ones alone, of a sound up to `until`."""
        ready, many = list(islice(self.waiting, MOST_SEGMENTS)), 1
        if ready[0].number >= AT_ONCE or not self.is_needed:
            return ready
        while not self.is_picture and many < len(ready) and self.end_of(ready[many - 1]) < until:
            many += 1
        return ready[:many]

    def _is_silent(self, each: Finished) -> bool:
        frames = each.segment.samples * (self.planned.channels or 1)
        return each.size <= _SILENT_BYTES + _SILENT_FRAME_BYTES * frames

    def _pass_over(self) -> None:
        known, reader = self.known, self.reader
        while known is not None and reader.ready and reader.ready[0].number < known.segments:
            each = reader.ready[0]
            same = hashlib.sha256(reader.header_bytes).hexdigest() == known.init_sha256
            is_last = each.number + 1 == known.segments
            until = each.segment.start + each.segment.duration
            if not same or (is_last and until != known.end):
                kind = OffGridError if each.number else OtherBeginningError
                raise kind(f"{self.name} is not what it was before")
            self._is_stored_to(each)
            reader.ready.popleft()
            each.path.unlink()


def is_early(tracks: Sequence[StreamTrack], *, playable: bool) -> bool:
    """Whether something waits for which people wait; `playable` if there is something to watch.

    A picture without its sound helps nobody: they are listed together. The smaller sizes are there
    a little sooner. People need not wait for the others, which follow.
    """
    needed = [track for track in tracks if track.is_needed]
    waiting = [track for track in needed if track.waiting]
    if not any(track.waiting[0].number < AT_ONCE for track in waiting):
        return False
    pictures = [track.end_of(track.waiting[0]) for track in waiting if track.is_picture]
    sounds = [track.end_of(track.waiting[-1]) for track in waiting if not track.is_picture]
    if not playable:
        return _suffice(needed, pictures, sounds)
    wanted = [track for track in needed if not track.begun] or needed
    return all(track.waiting for track in wanted) and _go_along(pictures, sounds)


def pause_after(tracks: Sequence[StreamTrack], most_s: float) -> float:
    """Return for how many seconds segments may wait, `most_s` at the most, once some were stored.

    Who watches from the beginning has little left to play at first, and players ask for a list
    again only after a segment's time.
    """
    stored = max((float(track.stored_end) for track in tracks if track.is_needed), default=0.0)
    return min(stored * _OF_STORED, most_s) or most_s


def can_be_watched(tracks: Sequence[StreamTrack]) -> bool:
    """Whether what is stored is enough to watch: some picture, with its sound if there is one."""
    needed = [track for track in tracks if track.is_needed]
    begun = [track for track in needed if track.begun]
    pictures = [track.first_end for track in begun if track.is_picture]
    sounds = [track.stored_end for track in begun if not track.is_picture]
    return _suffice(needed, pictures, sounds)


def _suffice(
    needed: Sequence[StreamTrack], pictures: Sequence[Fraction], sounds: Sequence[Fraction]
) -> bool:
    if len(sounds) < sum(not track.is_picture for track in needed):
        return False
    if any(track.is_picture for track in needed):
        return bool(pictures) and _go_along(pictures, sounds)
    return bool(sounds)


def _go_along(pictures: Sequence[Fraction], sounds: Sequence[Fraction]) -> bool:
    """Whether what is heard goes as far as the first that is seen."""
    return not pictures or all(end >= min(pictures) for end in sounds)


def agree(tracks: Sequence[StreamTrack]) -> None:
    """See that all sizes have the same pictures; those of the files were counted in these, too.

    Raises:
        OffGridError: they have not, or more of one is listed than there is.
    """
    for track in [each for each in tracks if each.is_needed]:
        track.see_end()
    counts = {each.name: each.reader.samples for each in tracks if each.is_picture}
    if len(set(counts.values())) > 1:
        raise OffGridError(f"the sizes have different numbers of pictures: {counts}")


def new_track(track: StreamTrack) -> NewTrack:
    """Return what is listed of a track."""
    planned, header = track.planned, track.reader.header
    assert header is not None
    rate = planned.frame_rate
    return NewTrack(
        id=track.id,
        name=planned.name,
        kind=TrackKind.VIDEO if track.is_picture else TrackKind.AUDIO,
        made=Made.REMUXED if planned.remuxed else Made.ENCODED,
        codecs=header.codecs,
        time_scale=header.time_scale,
        init_size=len(track.reader.header_bytes),
        init_sha256=hashlib.sha256(track.reader.header_bytes).hexdigest(),
        max_bitrate=planned.max_bitrate,
        width=planned.width,
        height=planned.height,
        frame_rate=None if rate is None else f"{rate.numerator}/{rate.denominator}",
        channels=planned.channels,
        language=planned.language,
        title=planned.title,
        role=planned.role,
        is_default=planned.is_default,
    )
