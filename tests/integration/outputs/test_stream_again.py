"""A stream that is made once more, in the same attempt or in a later one, as Postgres lists it."""

from __future__ import annotations

import asyncio
import shutil
import threading
import uuid
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from sqlalchemy import select

from core.model.states import Made, TrackKind
from core.model.tables import Span, Track
from core.tasks.spans import Listed, NewSpan, NewTrack
from tests.support.streaming import Kept, listing_of
from tests.support.waiting import patiently
from tests.support.work import claim, encoding, lapse, let_lapse, queue_video, video_of
from workers.formats.segment import Segment, read_segment
from workers.media.ladder import Ladder, Rung
from workers.media.tracks import PlannedTrack, tracks_of
from workers.outputs import segments
from workers.outputs.follow import follow
from workers.outputs.stream import GivenUpError, Stream
from workers.runtime.listing import AttemptListing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.adapters.postgres import Database
    from core.adapters.s3 import Storage
    from core.tasks.claim import Work
    from tests.integration.ffmpeg.conftest import Encoded, Tools

LADDER = Ladder(
    rungs=(Rung(180, 28, 400_000, 800_000), Rung(120, 28, 400_000, 800_000)), preset="ultrafast"
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Encoded:
    """Segments of a film of 5 s."""
    place = tmp_path_factory.mktemp("again")
    source = tools.make(
        place / "film.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=24",
        "-f", "lavfi", "-i", "sine=f=220:r=48000", "-t", "5",
        "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
    )  # fmt: skip
    return await tools.encode(source, place / "made", LADDER)


async def stream_of(
    storage: Storage,
    listing: AttemptListing,
    made: Encoded,
    work: Work,
    place: Path,
    tracks: Sequence[PlannedTrack],
    *,
    number: int = 0,
    beginning: bool = False,
) -> Stream:
    """Begin a stream of segments that are there; of the first ones alone, as a lead has them."""
    place.mkdir()
    prefix = f"{work.stream_prefix}{'lead' if beginning else number}/"
    stream = Stream(storage, listing, tracks, place, prefix, anew=number > 0)
    await stream.begin()
    later = shutil.ignore_patterns("[1-9]*") if beginning else None
    for track in tracks:
        folder = made.folder / track.name
        shutil.copytree(folder, place / track.name, dirs_exist_ok=True, ignore=later)
    return stream


async def spans_of(db: Database, name: str) -> list[tuple[int, int, bool]]:
    """Return of each span its first segment, how many it has, and whether a lead made it."""
    async with db.autocommit() as connection:
        rows = await connection.execute(
            select(Span.first, Span.sizes, Span.s3_key)
            .join(Track, Track.id == Span.track_id)
            .where(Track.name == name)
            .order_by(Span.first)
        )
        return [(first, len(sizes), "lead" in key) for first, sizes, key in rows]


async def listed(db: Database) -> list[str]:
    async with db.autocommit() as connection:
        return sorted(await connection.scalars(select(Track.name)))


async def test_a_second_try_leaves_nothing_of_the_first(
    db: Database, storage: Storage, made: Encoded, tmp_path: Path, clean: None
) -> None:
    queued = await queue_video(db)
    work = await encoding(db, queued)
    listing, tracks = listing_of(db, work), tracks_of(made.plan)
    first = await stream_of(storage, listing, made, work, tmp_path / "first", tracks)
    await first.finish()
    assert await listed(db) == ["120p", "180p", "audio"]
    # Better streams were found late in the file, and are one size less.
    better = [track for track in tracks if track.name != "120p"]
    second = await stream_of(storage, listing, made, work, tmp_path / "second", better, number=1)
    assert await listed(db) == []
    assert (await video_of(db, queued.video_id)).playable_at is None
    await second.finish()
    assert await listed(db) == ["180p", "audio"]
    assert (await video_of(db, queued.video_id)).playable_at is not None


async def test_nothing_more_is_made_for_a_stream_that_was_given_up(
    storage: Storage, made: Encoded, tmp_path: Path
) -> None:
    place, tracks = tmp_path / "place", [replace(tracks_of(made.plan)[0], frames=3)]
    place.mkdir()
    stream = Stream(storage, Kept(), tracks, place, "streams/")
    await stream.begin()
    shutil.copytree(made.folder / "180p", place / "180p", dirs_exist_ok=True)
    async with patiently():
        with pytest.raises(GivenUpError, match="segment 0 of 180p has 48 frames"):
            await follow([], stream, lambda _held: None)


async def test_what_is_packaged_stays_when_all_else_is_made_again(
    db: Database, storage: Storage, made: Encoded, tmp_path: Path, clean: None
) -> None:
    work = await encoding(db, await queue_video(db))
    listing, tracks = listing_of(db, work), tracks_of(made.plan)
    as_it_is = NewTrack(
        uuid.uuid4(),
        "180p",
        TrackKind.VIDEO,
        Made.REMUXED,
        "avc1.64001f",
        24_000,
        700,
        "ab",
        90_000,
    )
    key = f"{work.stream_prefix}packaged/0.mp4"
    listing.storing(key)
    span = NewSpan(as_it_is.id, 0, 0, key, 0, (1000,), (48_000,))
    await listing.add([as_it_is], [span], first=False)
    again = await stream_of(storage, listing, made, work, tmp_path / "again", tracks[1:], number=1)
    await again.finish()
    assert await listed(db) == ["120p", "180p", "audio"]


async def test_a_later_attempt_that_knows_the_sound_alone_says_when_the_film_can_be_watched(
    db: Database, storage: Storage, made: Encoded, tmp_path: Path, clean: None
) -> None:
    queued = await queue_video(db)
    work = await encoding(db, queued)
    tracks = tracks_of(made.plan)
    sound = [track for track in tracks if track.number is None]
    before = Stream(storage, listing_of(db, work), tracks, tmp_path / "first", "streams/")
    (tmp_path / "first").mkdir()
    await before.begin()
    for track in sound:  # the picture was slower
        shutil.copytree(
            made.folder / track.name, tmp_path / "first" / track.name, dirs_exist_ok=True
        )
    before._next = 0
    await before.grown()
    await before._stored()
    assert await listed(db) == ["audio"]
    assert (await video_of(db, queued.video_id)).playable_at is None
    await let_lapse(db, work.task_id)
    await lapse(db)
    again = await claim(db, work.task_id)
    stream = await stream_of(
        storage, listing_of(db, again), made, again, tmp_path / "second", tracks
    )
    await stream.grown()
    await stream._stored()
    await stream.finish()
    assert await listed(db) == ["120p", "180p", "audio"]
    assert (await video_of(db, queued.video_id)).playable_at is not None


async def test_a_track_whose_header_is_another_is_listed_from_its_beginning_again(
    db: Database, storage: Storage, made: Encoded, tmp_path: Path, clean: None
) -> None:
    queued = await queue_video(db)
    work = await encoding(db, queued)
    listing, tracks = listing_of(db, work), tracks_of(made.plan)
    place = tmp_path / "first"
    first = await stream_of(storage, listing, made, work, place, tracks, beginning=True)
    # As another release of FFmpeg may write it: the creation time.
    header = bytearray((place / "120p/init.mp4").read_bytes())
    header[header.index(b"mvhd") + 11] ^= 1
    (place / "120p/init.mp4").write_bytes(header)
    await first.grown()
    await first.settle()
    before = {name: found.track_id for name, found in (await listing.listed()).items()}
    assert sorted(before) == ["120p", "180p", "audio"]

    second = await stream_of(storage, listing, made, work, tmp_path / "second", tracks)
    await second.finish()
    found = await listing.listed()
    assert {name for name in before if found[name].track_id == before[name]} == {"180p", "audio"}
    assert {found[track.name].segments for track in tracks} == {3}
    assert second.given_up is None
    assert (await video_of(db, queued.video_id)).playable_at is not None


async def test_one_segment_that_ends_elsewhere_is_listed_again(
    db: Database, storage: Storage, made: Encoded, tmp_path: Path, clean: None
) -> None:
    """As another FFmpeg may cut the sound; of more segments the files are gone by then."""
    queued = await queue_video(db)
    work = await encoding(db, queued)
    listing, tracks = listing_of(db, work), tracks_of(made.plan)
    sound = [track for track in tracks if track.number is None]
    place = tmp_path / "first"
    first = await stream_of(storage, listing, made, work, place, sound, beginning=True)
    # The last segment in the place of the first, which is longer.
    data = bytearray((made.folder / "audio/2.m4s").read_bytes())
    at = data.index(b"tfdt") + 8
    data[at : at + 8] = bytes(8)
    (place / "audio/0.m4s").write_bytes(data)
    await first.grown()
    await first.settle()
    before = (await listing.listed())["audio"]

    second = await stream_of(storage, listing, made, work, tmp_path / "second", tracks)
    await second.finish()
    after = (await listing.listed())["audio"]
    assert (after.segments, second.given_up) == (3, None)
    assert after.track_id != before.track_id
    assert (await video_of(db, queued.video_id)).playable_at is not None


@dataclass
class Slow:
    """Something ahead with `names` that lists one more segment of each while it is ended."""

    stream: Stream
    made: Path
    place: Path
    names: tuple[str, ...] = ("120p", "audio")
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    ending: asyncio.Event = field(default_factory=asyncio.Event)

    def reached(self, name: str) -> Listed | None:
        return self.stream.reached(name)

    async def end(self) -> None:
        self.ending.set()
        await self.may_end.wait()
        for name in self.names:
            shutil.copy(self.made / name / "1.m4s", self.place / name)
        await self.stream.grown()
        await self.stream.settle()


async def test_what_was_ahead_may_list_more_until_it_has_ended(
    db: Database, storage: Storage, made: Encoded, tmp_path: Path, clean: None
) -> None:
    queued = await queue_video(db)
    work = await encoding(db, queued)
    listing, tracks = listing_of(db, work), tracks_of(made.plan)
    small = [track for track in tracks if track.name in Slow.names]
    place = tmp_path / "first"
    first = await stream_of(storage, listing, made, work, place, small, beginning=True)
    await first.grown()
    await first.settle()
    ahead = Slow(first, made.folder, place)

    second = await stream_of(storage, listing, made, work, tmp_path / "second", tracks)
    second.goes_behind(ahead)
    for _ in range(3):  # the encode goes on meanwhile, and lists what is its own
        await second.grown()
        await second._stored()
    await ahead.ending.wait()
    before = {name: found.segments for name, found in (await listing.listed()).items()}
    assert (before["120p"], before["audio"]) == (1, 1)
    assert before["180p"] > 1
    finishing = asyncio.create_task(second.finish())
    await asyncio.wait({finishing}, timeout=0.1)
    assert not finishing.done()
    ahead.may_end.set()
    await finishing
    assert {
        name: found.segments for name, found in (await listing.listed()).items()
    } == dict.fromkeys(("180p", "120p", "audio"), 3)
    assert await spans_of(db, "120p") == [(0, 1, True), (1, 1, True), (2, 1, False)]
    assert second.given_up is None
    assert second.ahead is None


async def test_a_film_that_was_longer_before_is_not_streamed(
    db: Database, storage: Storage, made: Encoded, tmp_path: Path, clean: None
) -> None:
    work = await encoding(db, await queue_video(db))
    listing, tracks = listing_of(db, work), tracks_of(made.plan)
    first = await stream_of(storage, listing, made, work, tmp_path / "first", tracks)
    await first.finish()
    second = await stream_of(
        storage, listing, made, work, tmp_path / "second", tracks, beginning=True
    )
    await second.finish()
    assert "was longer before" in (second.given_up or "")
    assert await listed(db) == []


async def test_a_look_that_is_cut_short_is_over_before_the_last_one(
    storage: Storage, made: Encoded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # FFmpeg ends while a thread reads a segment. Two that looked would each count it.
    reading, go_on, lock, together = threading.Event(), threading.Event(), threading.Lock(), []

    def slowly(data: bytes) -> Segment | None:
        together.append(lock.acquire(blocking=False))
        reading.set()
        assert go_on.wait(60)
        if together[-1]:
            lock.release()
        return read_segment(data)

    monkeypatch.setattr(segments, "read_segment", slowly)
    *pictures, sound = tracks_of(made.plan)
    # One that nobody needs begins late, which both looks see.
    late = replace(sound, name="audio-2", is_default=False)
    tracks = [*pictures, sound, late]
    stream = Stream(storage, kept := Kept(), tracks, tmp_path, f"streams/{uuid.uuid4().hex}/")
    await stream.begin()
    for track in (*pictures, sound):
        shutil.copytree(made.folder / track.name, tmp_path / track.name, dirs_exist_ok=True)
    shutil.copy(made.folder / "audio/init.mp4", tmp_path / "audio-2/init.mp4")
    shutil.copy(made.folder / "audio/1.m4s", tmp_path / "audio-2/0.m4s")
    looking = asyncio.create_task(stream.grown())
    await asyncio.to_thread(reading.wait)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):  # at once: a disk that hangs holds up nobody
        await looking
    finishing = asyncio.create_task(stream.finish())
    await asyncio.wait({finishing}, timeout=0.2)
    go_on.set()
    await finishing
    assert all(together)
    assert (stream.given_up, stream.left_out) == (None, [late])
    assert sorted(kept.tracks) == ["120p", "180p", "audio"]
