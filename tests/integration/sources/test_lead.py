"""The smallest size comes first, and goes on ahead of the others while somebody watches."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import PermanentError, TransientError
from core.model.states import Made
from tests.integration.sources.test_ladders import RATE, counts, decoded, film
from tests.integration.sources.test_stream import bodies
from tests.support.streaming import Kept
from tests.support.transcoding import Worker, stored
from tests.support.waiting import wait_until
from workers.media.ladder import Ladder, Rung
from workers.outputs.send import send

if TYPE_CHECKING:
    from pathlib import Path

    from core.adapters.s3 import Storage
    from tests.integration.sources.conftest import Tools


def beginning(tools: Tools, path: Path, lead: int, rest: int) -> str:
    """Write an FFmpeg that ends with a status where it makes the lead, or all sizes."""
    status = f'case "$*" in *lead/*) status={lead};; *hls_time*) status={rest};; *) status=0;; esac'
    path.write_text(f'#!/bin/sh\n{status}\n[ $status = 0 ] || exit $status\n{tools.ffmpeg} "$@"\n')
    path.chmod(0o755)
    return str(path)


def standin(path: Path, *, lead: str, rest: str, other: str) -> None:
    """Write an FFmpeg that does so for the lead, for all sizes, and otherwise."""
    path.write_text(
        f'#!/bin/sh\ncase "$*" in *lead/*) {lead};; *hls_time*) {rest};; *) {other};; esac\n'
    )
    path.chmod(0o755)


def slow(tools: Tools, dies_in: Path | None) -> str:
    """Return an FFmpeg that reads a film as fast as it is played: a segment in two seconds.

    It is killed when its third segment begins in a folder, if one is given.
    """
    dies = f"until [ -e {dies_in}/2.m4s ]; do sleep 0.02; done; kill -9 $led; " if dies_in else ""
    return f'{tools.ffmpeg} -readrate 1 "$@" & led=$!; {dies}wait $led'


def led(kept: Kept, name: str) -> int:
    """Return how many segments of a track came from the lead."""
    return sum(len(span.sizes) for span in kept.of(name) if "lead" in span.s3_key)


async def is_whole(storage: Storage, kept: Kept, tools: Tools, place: Path) -> None:
    """See that all tracks go through the film, without a gap or a picture twice."""
    assert await counts(storage, kept, "120p") == await counts(storage, kept, "360p")
    for name in kept.tracks:
        spans = kept.of(name)
        ends = [span.start + sum(span.durations) for span in spans]
        assert [span.start for span in spans] == [0, *ends[:-1]]
        path = place / f"{name}.mp4"
        path.write_bytes(b"".join(await bodies(storage, kept.tracks[name], kept.of(name))))
        if kept.tracks[name].width:
            assert decoded(tools, path) == LED_S * RATE


LED = Ladder(
    rungs=(Rung(360, 28, 900_000), Rung(120, 28, 300_000, mp4=False)),
    packaged=False,
)
LED_S = 9


@pytest.mark.parametrize("sound_rate", [48_000, 44_100, 96_000])
async def test_the_smallest_size_begins_before_all_others(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, sound_rate: int
) -> None:
    worker.ladder, worker.listing = LED, (kept := Kept())
    # In the encode of all sizes the smallest comes from another one; here it comes from the source.
    source = film(tools, tmp_path / "film.mp4", "1280x720", LED_S, sound_rate)
    made = await worker.make(storage, await stored(storage, source))
    assert [asset.name for asset in made] == ["360p"]
    assert {name: track.made for name, track in kept.tracks.items()} == dict.fromkeys(
        ("360p", "120p", "audio"), Made.ENCODED
    )
    # It was listed from a folder of its own, and nothing was taken back.
    assert [led(kept, name) > 0 for name in ("360p", "120p", "audio")] == [False, True, True]
    assert (kept.first, kept.withdrawn) == (1, 0)
    await is_whole(storage, kept, tools, tmp_path)
    assert not (worker.place / "lead").exists()
    assert "failed to rename" not in worker.log  # as the sandbox would have it


async def test_who_watches_does_not_wait_for_all_sizes(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    worker.ladder, worker.listing = LED, (kept := Kept(watched=True))
    # What makes all sizes begins when the lead has come to its end.
    worker.ffmpeg, worker.sandbox = str(tmp_path / "ffmpeg"), False
    standin(
        tmp_path / "ffmpeg",
        lead=f'{tools.ffmpeg} "$@"; status=$?; touch {tmp_path}/led; exit $status',
        rest=f'until [ -e {tmp_path}/led ]; do sleep 0.05; done; exec {tools.ffmpeg} "$@"',
        other=f'exec {tools.ffmpeg} "$@"',
    )
    source = film(tools, tmp_path / "film.mp4", "1280x720", LED_S)
    work = await stored(storage, source)
    making = asyncio.create_task(worker.make(storage, work))
    await wait_until(lambda: kept.completed == {"120p", "audio"} or making.done())
    assert not making.done(), worker.log  # all of it can be watched before the encode is over
    await making
    assert [led(kept, name) for name in ("360p", "120p", "audio")] == [0, 5, 5]
    assert (kept.withdrawn, kept.unlisted, [*worker.notes]) == (0, set(), [])
    await is_whole(storage, kept, tools, tmp_path)


@pytest.mark.parametrize("how", ["nobody watches", "nobody watches any more", "it is killed"])
async def test_the_encode_of_all_sizes_goes_on_behind_the_lead(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, how: str
) -> None:
    worker.ladder, worker.listing = LED, (kept := Kept(watched=how != "nobody watches"))
    place = tmp_path / "place" / "lead" / "120p"
    worker.ffmpeg, worker.sandbox = str(tmp_path / "ffmpeg"), False
    standin(
        tmp_path / "ffmpeg",
        lead=slow(tools, place if "killed" in how else None),
        rest=f'until [ -e {tmp_path}/led ]; do sleep 0.05; done; exec {tools.ffmpeg} "$@"',
        other=f'exec {tools.ffmpeg} "$@"',
    )
    source = film(tools, tmp_path / "film.mp4", "1280x720", LED_S)
    making = asyncio.create_task(worker.make(storage, await stored(storage, source)))
    enough = 1 + kept.watched
    await wait_until(
        lambda: ("120p" in kept.tracks and led(kept, "120p") >= enough) or making.done()
    )
    kept.watched = False
    (tmp_path / "led").touch()
    await making
    assert enough <= led(kept, "120p") < 5
    assert (kept.withdrawn, kept.unlisted, [*worker.notes]) == (0, set(), [])
    await is_whole(storage, kept, tools, tmp_path)


async def test_a_lead_that_fails_costs_nothing(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    worker.ladder, worker.listing = LED, (kept := Kept())
    worker.ffmpeg, worker.sandbox = beginning(tools, tmp_path / "ffmpeg", 1, 0), False
    source = film(tools, tmp_path / "film.mp4", "640x360", LED_S)
    made = await worker.make(storage, await stored(storage, source))
    assert [asset.name for asset in made] == ["360p"]
    assert "the smallest size is not made first" in worker.log
    assert not [span for spans in kept.spans for span in spans if "lead" in span.s3_key]
    assert await counts(storage, kept, "120p") == [48, 48, 48, 48, 24]


async def test_a_lead_whose_store_is_slow_lists_nothing_beside_the_encode(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker.ladder, worker.listing = LED, (kept := Kept())
    worker.ffmpeg, worker.sandbox = str(tmp_path / "ffmpeg"), False
    sending, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(storage: Storage, path: Path, size: int, key: str, *rest: Any) -> None:
        if "lead/" in key:
            sending.set()
            await go_on.wait()
        await send(storage, path, size, key, *rest)

    monkeypatch.setattr("workers.outputs.stream.send", slowly)
    standin(  # FFmpeg dies while its first segment is on its way
        tmp_path / "ffmpeg",
        lead=slow(tools, tmp_path / "place" / "lead" / "120p"),
        rest=f'exec {tools.ffmpeg} "$@"',
        other=f'exec {tools.ffmpeg} "$@"',
    )
    source = film(tools, tmp_path / "film.mp4", "1280x720", LED_S)
    making = asyncio.create_task(worker.make(storage, await stored(storage, source)))
    await sending.wait()
    # The other size is listed by the encode; those of the lead by nobody.
    await wait_until(lambda: "360p" in kept.tracks or making.done())
    await asyncio.wait({making}, timeout=0.5)
    assert [*kept.tracks] == ["360p"]
    go_on.set()
    await making
    assert (kept.withdrawn, kept.unlisted, [*worker.notes]) == (0, set(), [])
    await is_whole(storage, kept, tools, tmp_path)


async def test_a_later_attempt_goes_on_behind_the_lead(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    worker.ladder, worker.listing = LED, (kept := Kept())
    worker.ffmpeg, worker.sandbox = beginning(tools, tmp_path / "ffmpeg", 0, 1), False
    work = await stored(storage, film(tools, tmp_path / "film.mp4", "640x360", LED_S))
    with pytest.raises((PermanentError, TransientError)):
        await worker.make(storage, work)
    assert sorted(kept.tracks) == ["120p", "audio"]
    before = [span.s3_key for name in kept.tracks for span in kept.of(name)]
    worker.ffmpeg, worker.place = tools.ffmpeg, tmp_path / "again"
    worker.place.mkdir()
    assert await worker.make(storage, work)
    assert "lead/" not in worker.log
    assert (kept.first, kept.withdrawn) == (1, 0)
    assert [span.s3_key for name in ("120p", "audio") for span in kept.of(name)][:1] == before[:1]
    assert await counts(storage, kept, "120p") == [48, 48, 48, 48, 24]
