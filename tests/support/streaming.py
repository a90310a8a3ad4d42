"""A list of segments in memory, and what is stored of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import redis.asyncio as redis

from core.tasks.spans import Listed, NewSpan, NewTrack, Stored
from core.watching import Watching
from workers.runtime.listing import AttemptListing

if TYPE_CHECKING:
    from core.adapters.postgres import Database
    from core.tasks.claim import Work


def listing_of(db: Database, work: Work) -> AttemptListing:
    """Return the list of an attempt; nobody watches what it lists."""
    return AttemptListing(db, work, Watching(redis.Redis()))


@dataclass
class Kept:
    """Keeps what is listed, as Postgres would.

    Attributes:
        known: what an earlier attempt has listed.
        tracks: by name.
        spans: in the order in which they were listed, each time together.
        first: how many had been listed when the video could be watched.
        completed: the names of tracks that grow no more.
        withdrawn: how often pictures were taken back.
        taken_back: the names of other sounds that were taken back.
        watched: whether somebody watches it.
    """

    known: dict[str, Listed] = field(default_factory=dict)
    tracks: dict[str, NewTrack] = field(default_factory=dict)
    spans: list[list[NewSpan]] = field(default_factory=list)
    first: int | None = None
    withdrawn: int = 0
    taken_back: list[str] = field(default_factory=list)
    unlisted: set[str] = field(default_factory=set)
    completed: set[str] = field(default_factory=set)
    watched: bool = False

    def storing(self, key: str) -> None:
        self.unlisted.add(key)

    async def listed(self) -> Mapping[str, Listed]:
        found = {}
        for name, before in self.known.items():
            added = [span for at in self.spans for span in at if span.track_id == before.track_id]
            many = before.segments + sum(len(span.sizes) for span in added)
            end = added[-1].start + sum(added[-1].durations) if added else before.end
            found[name] = replace(before, segments=many, end=end)
        for name, track in self.tracks.items():
            spans = self.of(name)
            end = spans[-1].start + sum(spans[-1].durations) if spans else 0
            count = sum(len(span.sizes) for span in spans)
            tries = frozenset(span.s3_key.rsplit("/", 2)[-2] for span in spans)
            found[name] = Listed(track.id, track.init_sha256, count, end, track.made, tries)
        return found

    async def stored(self, name: str) -> Sequence[Stored]:
        header = self.tracks[name].init_size
        return [
            Stored(
                span.s3_key,
                span.offset - (0 if span.first else header),
                span.offset + sum(span.sizes),
            )
            for span in self.of(name)
        ]

    async def add(
        self, tracks: Sequence[NewTrack], added: Sequence[NewSpan], *, first: bool
    ) -> None:
        assert not {track.name for track in tracks} & {*self.tracks}, "a track is listed twice"
        self.tracks |= {track.name: track for track in tracks}
        known = await self.listed()
        names = {track.id: name for name, track in self.tracks.items()}
        names |= {each.track_id: name for name, each in self.known.items()}
        for span in added:
            so_far = known.get(names[span.track_id])
            assert span.first == (so_far.segments if so_far else 0), "it does not go on from there"
        self.spans.append(list(added))
        self.unlisted -= {span.s3_key for span in added}
        if first and self.first is None:
            self.first = len(self.spans)

    async def is_watched(self) -> bool:
        return self.watched

    async def complete(self, names: Collection[str]) -> None:
        self.completed |= set(names)

    async def withdraw(self, names: Collection[str]) -> None:
        if all(name.startswith("audio-") for name in names):
            self.taken_back += names
        else:
            self.withdrawn += 1
        gone = {track.id for name, track in self.tracks.items() if name in names}
        self.known = {name: each for name, each in self.known.items() if name not in names}
        self.tracks = {name: each for name, each in self.tracks.items() if name not in names}
        self.spans = [[span for span in at if span.track_id not in gone] for at in self.spans]
        self.completed -= set(names)
        self.first = self.first if self.tracks else None

    def of(self, name: str) -> list[NewSpan]:
        """Return the spans of a track in order."""
        key = self.tracks[name].id
        return [span for spans in self.spans for span in spans if span.track_id == key]


def up_to(before: Kept, **segments: int) -> Kept:
    """Return what is listed if the worker is killed when so many segments of each track are."""
    kept = Kept(tracks={name: before.tracks[name] for name in segments})
    left = {before.tracks[name].id: count for name, count in segments.items()}
    for at in before.spans:
        spans = []
        for span in at:
            count = min(left.get(span.track_id, 0), len(span.sizes))
            if count:
                left[span.track_id] -= count
                sizes, durations = span.sizes[:count], span.durations[:count]
                spans.append(replace(span, sizes=sizes, durations=durations))
        kept.spans += [spans] if spans else []
    return kept
