"""A film as it is streamed: its tracks, and which of their segments may be listed. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from math import ceil, floor

from core.model.states import Made, TrackKind

# Segments are two groups of pictures at most, of some 2 s each: see the ADR of segments and spans.
_GROUP_S = 2
_GROUPS = 2
# Of the codecs of pictures, what every player takes first.
_FAMILIES = ("avc1", "hvc1", "av01")
# A source's own groups may be longer, up to 6 s: a segment ends with the first after 2 s.
_LONGEST_REMUXED_S = 8
_SURROUND = "-surround"  # what workers add to the name of a sound


@dataclass(frozen=True)
class Segment:
    """A part of a track that can be played by itself.

    Attributes:
        start: when it begins, in ticks of the track.
        duration: in ticks.
        place: the number of the first segment in the same object: its name.
        offset: where it begins in that object, in bytes.
        size: in bytes.
    """

    start: int
    duration: int
    place: int
    offset: int
    size: int

    @property
    def end(self) -> int:
        """When it ends, in ticks."""
        return self.start + self.duration


@dataclass(frozen=True)
class Stored:
    """Segments in one object, as the database has them."""

    first: int
    start: int
    offset: int
    sizes: Sequence[int]
    durations: Sequence[int]


@dataclass(frozen=True)
class Track:
    """A picture size or a sound, with the segments from 0 on that are there without a gap."""

    name: str
    kind: TrackKind
    made: Made
    codecs: str
    time_scale: int
    init_size: int
    max_bitrate: int
    width: int | None = None
    height: int | None = None
    frame_rate: Fraction | None = None
    channels: int | None = None
    language: str | None = None
    title: str | None = None
    role: str | None = None
    is_default: bool = True
    is_complete: bool = False
    segments: Sequence[Segment] = field(default=(), repr=False)

    @property
    def family(self) -> int:
        """The number of its codec, whatever the profile: between two of them no player changes."""
        name = self.codecs.partition(".")[0]
        return _FAMILIES.index(name) if name in _FAMILIES else len(_FAMILIES)

    @property
    def is_surround(self) -> bool:
        """Whether it is another one's sound in 5.1; that is the one of `plain_name`."""
        return self.name.endswith(_SURROUND)

    @property
    def plain_name(self) -> str:
        """The name of the track that has the same sound in stereo."""
        return self.name.removesuffix(_SURROUND)

    @property
    def end(self) -> Fraction:
        """When the last of the segments ends, in seconds."""
        return self.seconds(self.segments[-1].end) if self.segments else Fraction(0)

    @property
    def init_offset(self) -> int:
        """Where its header begins in the object of its first segment, in bytes."""
        return self.segments[0].offset - self.init_size if self.segments else 0

    def seconds(self, ticks: int) -> Fraction:
        """Return ticks as seconds."""
        return Fraction(ticks, self.time_scale)


@dataclass(frozen=True)
class Film:
    """What one job has made.

    Attributes:
        tracks: all of them; the highest picture first, the default sound first.
        finished_at: when it was complete; None while some of it grows.
    """

    tracks: Sequence[Track]
    finished_at: datetime | None = None

    @property
    def pictures(self) -> list[Track]:
        """The picture sizes."""
        return [track for track in self.tracks if track.kind is TrackKind.VIDEO]

    @property
    def sounds(self) -> list[Track]:
        """The sounds."""
        return [track for track in self.tracks if track.kind is TrackKind.AUDIO]

    @cached_property
    def target_s(self) -> int:
        """How long a segment of it can be, in whole seconds; the same from its beginning on."""
        return max(map(_longest_s, self.tracks), default=1)

    def named(self, name: str) -> Track | None:
        """Return the track of a name."""
        return next((track for track in self.tracks if track.name == name), None)

    def listed(self, track: Track) -> Sequence[Segment]:
        """Return the segments of a track that a player may be told of.

        While the film grows, these are the ones that can be watched: of a picture as far as the
        default sound goes too, of a sound as far as some picture goes. Sounds beside the default
        one never go further than the film.
        """
        if not track.is_default:
            # A comment may go on when the film has ended.
            grown = self.pictures or self.sounds
            whole = self.tracks if self.finished_at is not None else grown
            end = max((each.end for each in whole if each.is_default), default=track.end)
            last = ceil(end * track.time_scale)
            return [each for each in track.segments if each.start < last]
        if self.finished_at is not None or not (self.pictures and self.sounds):
            return track.segments
        if track.kind is TrackKind.VIDEO:
            if self.sounds[0].is_complete:
                return track.segments
            last = floor(self.sounds[0].end * track.time_scale)
            return [each for each in track.segments if each.end <= last]
        if any(picture.is_complete for picture in self.pictures):
            return track.segments
        # Sound is cut a moment after the picture: the last one that is needed ends after it.
        until = ceil(max(picture.end for picture in self.pictures) * track.time_scale)
        return [each for each in track.segments if each.start < until]

    def ends(self, track: Track) -> bool:
        """Whether what is listed of a track is all of it, and always will be."""
        if self.finished_at is not None:
            return True
        return track.is_complete and len(self.listed(track)) == len(track.segments)

    def watchable(self) -> "Film":
        """Return the film with the tracks and segments that a player may be told of.

        The sound of a film is nothing to watch before there is a picture.
        """
        listed = [(track, self.listed(track)) for track in self.tracks]
        shown = Film([replace(each, segments=of) for each, of in listed if of], self.finished_at)
        return shown if shown.pictures or not self.pictures else Film((), self.finished_at)


def run_of(spans: Iterable[Stored], known: Sequence[Segment] = ()) -> list[Segment]:
    """Return the segments from 0 on up to the first that is not there yet.

    `known` are those that were read before: a segment that is listed never changes.
    """
    found = list(known)
    for span in sorted(spans, key=lambda each: each.first):
        if span.first != len(found):
            break
        starts = accumulate(span.durations, initial=span.start)
        offsets = accumulate(span.sizes, initial=span.offset)
        found += [
            Segment(start, duration, span.first, offset, size)
            for start, duration, offset, size in zip(
                starts, span.durations, offsets, span.sizes, strict=False
            )
        ]
    return found


def peak_bitrate(track: Track, target_s: int) -> int:
    """Return the highest bit rate of segments in a row that last about `target_s` seconds.

    As HLS counts it (RFC 8216 section 4.3.4.2): of all runs that last from half of that to one and
    a half. So a short last segment does not count by itself.
    """
    half = target_s * track.time_scale / 2  # ticks
    highest = 0.0
    for first in range(len(track.segments)):
        size = ticks = 0
        for place in range(first, len(track.segments)):
            segment = track.segments[place]
            size, ticks = size + segment.size, ticks + segment.duration
            if ticks > 3 * half:
                break
            if ticks >= half:
                highest = max(highest, size / ticks)
    return ceil(highest * 8 * track.time_scale) or average_bitrate(track)


def bitrates(film: Film) -> dict[str, tuple[int, int]]:
    """Return of each track, by its name, the highest and the average bit rate."""
    target = film.target_s
    return {
        track.name: (peak_bitrate(track, target), average_bitrate(track)) for track in film.tracks
    }


def average_bitrate(track: Track) -> int:
    """Return the bit rate of all segments together."""
    ticks = sum(segment.duration for segment in track.segments)
    size = sum(segment.size for segment in track.segments)
    return ceil(size * 8 * track.time_scale / ticks) if ticks else 0


def _longest_s(track: Track) -> int:
    """Return how long a segment of a track can be, rounded as players compare it."""
    longest = Fraction(_GROUPS * _GROUP_S)
    if track.frame_rate:
        group = max(1, round(_GROUP_S * track.frame_rate))  # frames
        longest = max(longest, _GROUPS * group / track.frame_rate)
    if track.made is Made.REMUXED:
        longest = max(longest, Fraction(_LONGEST_REMUXED_S))
    # Whatever was planned: no list may say less than it holds.
    held = max((segment.duration for segment in track.segments), default=0)
    return max(_rounded(longest), _rounded(track.seconds(held)))


def _rounded(value: Fraction) -> int:
    return int(value + Fraction(1, 2))
