"""Stores the segments of a stream while they are made, and lists them for who watches."""

import asyncio
import time
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from core import log
from core.adapters.s3 import Storage
from core.errors import DatabaseAway
from core.model.states import Made
from core.tasks.spans import Listed, NewSpan, NewTrack
from core.uploads.multipart import MIB
from workers.media.tracks import PlannedTrack
from workers.outputs.ahead import Ahead, Handover
from workers.outputs.listing import Listing, however_long
from workers.outputs.segments import OffGridError, SegmentReader
from workers.outputs.send import send
from workers.outputs.span_object import Batch, spans_of, write
from workers.outputs.stream_track import (
    MOST_SEGMENTS,
    OtherBeginningError,
    StreamTrack,
    agree,
    can_be_watched,
    is_early,
    new_track,
    pause_after,
)
from workers.runtime.concurrency import end
from workers.transfer_limits import DEFAULT_PACE, Pace

_log = log.get(__name__)
_EVERY_S = 5.0
_MOST_BYTES = 16 * MIB  # of an object
_NONE = Fraction(0)
_SHORT_S = 1  # by how much another sound may end before the film
_CONTENT_TYPE = "video/mp4"

_Failed = tuple[StreamTrack, OffGridError]


class GivenUpError(Exception):
    """A stream was given up, and nothing else is made."""


class Stream:
    """The tracks of one encode. It knows nothing of FFmpeg but where its segments come.

    Attributes:
        unsent: bytes that wait to be stored.
        listed: set once something of it is listed.
        watchable: set once some picture is listed, with its sound if there is one.
        given_up: why its tracks were taken back; None if they were not.
        anew: whether what is listed already is withdrawn.
        left_out: sounds beside the default one that have nothing in them, or are not as planned.
        ahead: what lists some of the tracks meanwhile; None if nothing does.
        first: the number of the first segment of its pictures that is made by this encode.
    """

    def __init__(
        self,
        storage: Storage,
        listing: Listing,
        tracks: Sequence[PlannedTrack],
        place: Path,
        prefix: str,
        pace: Pace = DEFAULT_PACE,
        *,
        anew: bool = False,
        completes: bool = True,
    ) -> None:
        """Begin nothing yet.

        Segments come into `place`, and are stored below `prefix`. What is listed already was made
        of the same plan, or is to be withdrawn and made `anew`. The film can be played with these
        tracks alone, if they are what `completes` it.
        """
        self.anew, self._completes = anew, completes
        self._names = [track.name for track in tracks]
        self.listed, self.watchable = asyncio.Event(), asyncio.Event()
        self.given_up: str | None = None
        self.left_out: list[PlannedTrack] = []
        self.ahead: Handover | None = None
        self.first = 0
        self._storage, self._listing, self._pace = storage, listing, pace
        self._place, self._prefix = place, prefix
        readers = [SegmentReader(track, place / track.name) for track in tracks]
        self._tracks = [StreamTrack(reader) for reader in readers]
        self._storing: asyncio.Task[None] | None = None
        self._looking: asyncio.Future[list[_Failed]] | None = None
        self._objects = 0  # that were begun
        self._next = 0.0
        # What is stored and not listed yet.
        self._new_tracks: list[NewTrack] = []
        self._spans: list[NewSpan] = []
        self._playable = False
        self._off: list[Path] = []  # directories of tracks that were given up

    @property
    def unsent(self) -> int:
        """Bytes that wait to be stored; what is silent waits for more than the store."""
        waiting = (track.waiting for track in self._tracks if not track.silent)
        return sum(each.size for segments in waiting for each in segments)

    @property
    def seconds(self) -> float:
        """How long the first of its tracks is by now."""
        return float(self._tracks[0].found_end)

    @property
    def can_be_watched(self) -> bool:
        """Whether some picture is stored, with its sound if there is one."""
        return can_be_watched(self._tracks)

    def goes_behind(self, ahead: Ahead) -> None:
        """Leave some tracks to something else, until that has no more of them than this."""
        self.ahead = Handover(ahead, self._listing)

    async def begin(self) -> None:
        """Make the directories of the tracks, and learn what is listed already."""
        self._next = time.monotonic() + _EVERY_S
        for track in self._tracks:
            (self._place / track.name).mkdir()
        known = dict(await however_long(self._listing.listed))
        gone = {*self._names} if self.anew else set()
        if not any(track.planned.remuxed for track in self._tracks):
            # Of what is not made this time nothing more would come; what is packaged grows beside.
            old = {name for name, found in known.items() if found.made != Made.REMUXED}
            gone |= old - {*self._names}
        if gone:
            await self._listing.withdraw(gone)
            known = {name: found for name, found in known.items() if name not in gone}
        for track in self._tracks:
            if (found := known.get(track.name)) is not None:
                track.known, track.id, track.begun = found, found.track_id, True
            track.silent = not track.begun and not track.is_needed
        self._playable = not self._completes or can_be_watched(self._tracks)

    @property
    def listed_before(self) -> dict[str, Listed]:
        """What earlier attempts have listed of its tracks, by name."""
        return {each.name: each.known for each in self._tracks if each.known is not None}

    @property
    def pictures(self) -> int:
        """How many pictures the first of its tracks has, with those that were listed before."""
        return self._tracks[0].reader.samples

    def go_on_at(self, first: int) -> None:
        """Have the pictures come from this segment on: those before are listed."""
        self.first = first
        for track in [each for each in self._tracks if each.is_picture]:
            track.reader.go_on_at(first)

    async def grown(self) -> None:
        """Look for new segments, and store and list them while the caller goes on.

        Raises:
            LeaseLost: the task belongs to another attempt.
            TransientError, Unavailable, OSError: as `send` does.
        """
        await self._look(all_made=False)
        if self._storing is not None and self._storing.done():
            self._storing.result()
            self._storing = None
        if self._storing is None and self._due():
            self._storing = asyncio.ensure_future(self._store())

    async def finish(self) -> None:
        """Store and list what is left, once FFmpeg has ended.

        Raises:
            DatabaseAway: for too long.
            LeaseLost, TransientError, Unavailable, OSError: as `grown` does.
        """
        await self._stored()
        await self._look(all_made=True)
        film = max((each.found_end for each in self._tracks if each.is_needed), default=_NONE)
        for track in [each for each in self._tracks if not each.is_needed]:
            if track.silent or track.found_end < film - _SHORT_S:
                await self._leave_out(track, f"silent, or ends at {float(track.found_end):.1f} s")
        await self._store_all()
        if self._spans:
            await however_long(self._list)

    async def settle(self) -> None:
        """List what is stored by now, and nothing more.

        Raises:
            DatabaseAway: some of it may be listed or not; then it can be asked again.
            LeaseLost, TransientError, Unavailable, OSError: as `grown` does, and once.
        """
        await self._stored()
        if self._spans:
            await self._list()

    def reached(self, name: str) -> Listed | None:
        """Return what is listed of a track by now."""
        return next((track.known for track in self._tracks if track.name == name), None)

    async def complete(self) -> None:
        """Note, once all is listed, that its tracks grow no more; raises as `finish`."""
        await however_long(lambda: self._listing.complete(self._names))

    async def withdraw(self) -> None:
        """Take back what is listed: something else is made."""
        if any(track.begun for track in self._tracks):
            await self._listing.withdraw(self._names)

    async def close(self) -> None:
        """End what is on its way."""
        if self._looking is not None:  # nobody asks for what it finds
            self._looking.add_done_callback(lambda done: done.cancelled() or done.exception())
        if self._storing is not None:
            await end(self._storing)
        if self.ahead is not None:
            await self.ahead.close()

    async def _stored(self) -> None:
        if (storing := self._storing) is not None:
            await asyncio.wait({storing})
            if self._storing is storing:
                self._storing = None
            storing.result()

    async def _store_all(self) -> None:
        while any(track.waiting for track in self._tracks):
            await self._store()

    async def _look(self, *, all_made: bool) -> None:
        try:
            failed = await self._found(all_made=all_made)
            if all_made:
                agree(self._tracks)
            for track, reason in failed:
                if isinstance(reason, OtherBeginningError):
                    await self._begin_anew(track, str(reason))
                else:
                    await self._leave_out(track, str(reason))
            for track in [each for each in self._tracks if each.is_silent_for_long]:
                await self._leave_out(track, f"silent for {float(track.found_end):.0f} s")
        except OffGridError as error:
            # What is made besides is not harmed by that.
            _log.warning("not_streamed", reason=str(error))
            if self.ahead is not None:
                await self.ahead.give_up()
                self.ahead = None
            await self._stored()
            await self.withdraw()
            self.given_up = str(error)
            self._off += [self._place / track.name for track in self._tracks]
            self._tracks, self._new_tracks, self._spans = [], [], []
        for place in self._off:
            await asyncio.to_thread(_empty, place)

    async def _found(self, *, all_made: bool) -> list[_Failed]:
        """Look; where that has more than what is ahead, take over and look once more."""
        failed = await self._seen(all_made=all_made)
        if self.ahead is None:
            return failed
        made = self.ahead.of(self._tracks)
        has_more = any(track.waiting for track in made) or any(each in made for each, _ in failed)
        if not (all_made or has_more):
            return failed
        if not await self.ahead.take_over(self._tracks, wait=all_made):
            return []
        self.ahead = None
        # Who watches is told when it is there again, if what was ahead was given up.
        self._playable = self._playable and any(each.begun for each in self._tracks)
        return await self._seen(all_made=all_made)

    def _listed_here(self) -> list[StreamTrack]:
        ahead = [] if self.ahead is None else self.ahead.of(self._tracks)
        return [track for track in self._tracks if track not in ahead]

    async def _seen(self, *, all_made: bool) -> list[_Failed]:
        """Look in a thread: a slow disk must not stop the heartbeat.

        A look goes on when it is cancelled, as FFmpeg has ended: it is over before the next one,
        which finds what was wrong once more.
        """
        if self._looking is not None:
            await asyncio.wait({self._looking})
            self._looking.exception()  # seen
        if self.ahead is not None:
            self.ahead.tell(self._tracks)
        look = asyncio.to_thread(_look, self._tracks, all_made=all_made)
        looking = self._looking = asyncio.ensure_future(look)
        await asyncio.wait({looking})  # which does not cancel it
        self._looking = None
        return looking.result()

    async def _begin_anew(self, track: StreamTrack, reason: str) -> None:
        """Take back what is listed of a track; it is listed once more from its beginning."""
        _log.warning("listed_anew", track=track.name, reason=reason)
        await self._stored()
        await self._listing.withdraw([track.name])
        track.begin_anew()
        # Who watches is told when it is there again: unless nothing is left, it joins the others.
        self._playable = self._playable and any(each.begun for each in self._tracks)

    async def _leave_out(self, track: StreamTrack, reason: str) -> None:
        """Leave out a sound, and take back what is listed of it."""
        _log.warning("sound_left_out", track=track.name, reason=reason)
        await self._stored()
        if track.begun:
            await self._listing.withdraw([track.name])
        self._tracks.remove(track)
        self._new_tracks = [each for each in self._new_tracks if each.id != track.id]
        self._spans = [each for each in self._spans if each.track_id != track.id]
        self._off.append(self._place / track.name)
        self.left_out.append(track.planned)

    def _due(self) -> bool:
        if is_early(self._listed_here(), playable=self._playable):
            return True
        ready = [track for track in self._listed_here() if track.waiting and not track.silent]
        many = any(len(track.waiting) >= MOST_SEGMENTS for track in ready)
        late = bool(ready or self._spans) and time.monotonic() >= self._next
        return many or late or self.unsent >= _MOST_BYTES

    async def _store(self) -> None:
        """Store one span of each track that has something, all in one object, and list them."""
        ready = [track for track in self._listed_here() if track.waiting and not track.silent]
        seen = [each.end_of(each.waiting[0]) for each in ready if each.is_picture]
        batch = [(track, track.next_span(max(seen, default=_NONE))) for track in ready]
        if batch:
            self._spans += await self._send(batch)
        for track, segments in batch:
            if not track.begun:
                self._new_tracks.append(new_track(track))
            track.stored(segments)
        self._next = time.monotonic() + pause_after(self._tracks, _EVERY_S)
        try:
            await self._list()
        except DatabaseAway as error:
            # The encode need not wait for that: it is listed with the next ones.
            _log.warning("not_listed_yet", error=repr(error))

    async def _list(self) -> None:
        tracks, spans = list(self._new_tracks), list(self._spans)
        first = not self._playable and can_be_watched(self._tracks)
        if spans:
            await self._listing.add(tracks, spans, first=first)
        self._playable = self._playable or first
        if any(track.begun for track in self._tracks):
            self.listed.set()
        if can_be_watched(self._tracks):
            self.watchable.set()
        del self._new_tracks[: len(tracks)], self._spans[: len(spans)]
        by_id = {track.id: track for track in self._tracks}
        for span in spans:
            if span.track_id in by_id:
                by_id[span.track_id].is_listed_to(span)

    async def _send(self, batch: Sequence[Batch]) -> list[NewSpan]:
        """Store segments in one object: those of a track together, its header before the first."""
        key, path = f"{self._prefix}{self._objects}.mp4", self._place / f"{self._objects}.span"
        self._objects += 1
        ends = await asyncio.to_thread(write, path, batch)
        self._listing.storing(key)
        await send(self._storage, path, ends[-1], key, _CONTENT_TYPE, self._pace)
        path.unlink()
        return spans_of(batch, key, ends)


def _look(tracks: Sequence[StreamTrack], *, all_made: bool) -> list[_Failed]:
    """Look for new segments.

    Returns:
        Sounds that are not as planned and that nobody needs, and what must be listed anew.
    """
    failed: list[_Failed] = []
    for track in tracks:
        try:
            track.look(all_made=all_made)
        except OtherBeginningError as error:
            failed.append((track, error))
        except OffGridError as error:
            if track.is_needed:
                raise
            failed.append((track, error))
    return failed


def _empty(place: Path) -> None:
    for path in place.glob("*.m4s"):
        path.unlink(missing_ok=True)
