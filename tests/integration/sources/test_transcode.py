"""A film is made while its bytes arrive, and comes out as one that was fetched whole."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.faults.misbehaviour import Cut, Hang
from tests.support.transcoding import Worker, stored
from tests.support.waiting import wait_until
from workers.context import Context
from workers.ffmpeg import diagnose
from workers.formats.shape import DEFAULT_SHAPE
from workers.media import limits
from workers.runtime.concurrency import end
from workers.sources.read import INPUT, at_hand

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.adapters.s3 import Storage
    from core.tasks.settle import NewAsset
    from tests.faults.proxy import Proxy
    from tests.integration.sources.conftest import Tools

WHOLE = replace(DEFAULT_SHAPE, smallest=1 << 60)
SECONDS = 5


@pytest.fixture(scope="session")
def film(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some 25 MB, the index behind the data: more than is looked at of any film."""
    made = tools.make(
        tmp_path_factory.mktemp("film") / "film.mp4",
        "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=24,noise=alls=12:allf=t",
        "-f", "lavfi", "-i", "sine=f=220:r=48000",
        "-t", str(SECONDS), "-c:v", "libx264", "-preset", "ultrafast", "-crf", "23",
        "-pix_fmt", "yuv420p", "-c:a", "aac",
    )  # fmt: skip
    assert made.stat().st_size > 2 * (DEFAULT_SHAPE.head + DEFAULT_SHAPE.tail)
    return made


def facts_of(made: Sequence[NewAsset]) -> list[tuple[object, ...]]:
    return [
        (row.name, row.width, row.height, row.duration, row.video_codec, row.audio_codec)
        for row in made
    ]


_LONG = pytest.mark.thorough("encodes one film in every container")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("index last.mp4", ()),
        pytest.param("index first.mp4", ("-movflags", "+faststart"), marks=_LONG),
        pytest.param("film.mov", (), marks=_LONG),
        pytest.param("film.mkv", (), marks=_LONG),
        pytest.param("film.ts", (), marks=_LONG),
        pytest.param("film.m2ts", (), marks=_LONG),
        pytest.param("film.flv", (), marks=_LONG),
    ],
)
async def test_a_film_is_made_while_it_arrives(
    storage: Storage, tools: Tools, film: Path, worker: Worker, tmp_path: Path,
    name: str, arguments: tuple[str, ...],
) -> None:  # fmt: skip
    source = tools.make(tmp_path / name, "-i", str(film), "-c", "copy", *arguments)
    claim = await stored(storage, source.read_bytes())
    made = await worker.make(storage, claim)
    assert "-protocol_whitelist pipe" in worker.log
    chunks = [chunk async for chunk in storage.read_range(made[0].s3_key, 0, 8191, None)]
    # A browser can begin before it has everything.
    assert chunks[0][4:8] == b"ftyp"
    assert b"moov" in chunks[0][:64]
    assert "fetched" not in worker.log, worker.log
    assert ("index first" in worker.log) == (name in ("index last.mp4", "film.mov"))
    assert [each.name for each in worker.place.iterdir()] == ["out"]
    (worker.place / "out").rename(worker.place.with_name("streamed"))
    whole = replace(worker)
    assert facts_of(await whole.make(storage, claim, WHOLE)) == facts_of(made)
    assert "fetched" in whole.log
    assert whole.facts == worker.facts


async def test_how_much_a_film_may_hold_is_judged_by_its_own_size(
    storage: Storage, film: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by that of the part that is looked at, which holds few of its bytes."""
    size = film.stat().st_size
    monkeypatch.setattr(limits, "_VERY_MANY", 0)
    monkeypatch.setattr(limits, "_LEAST_BYTES", size / (SECONDS * 24) / 1.5)
    await worker.make(storage, await stored(storage, film.read_bytes()))
    assert "-protocol_whitelist pipe" in worker.log
    assert "refused" not in worker.log


async def test_what_cannot_be_streamed_is_fetched_whole(
    storage: Storage, tools: Tools, film: Path, worker: Worker, tmp_path: Path
) -> None:
    source = tools.make(
        tmp_path / "film.mp4", "-i", str(film), "-c", "copy",
        "-movflags", "+frag_keyframe+empty_moov",
    )  # fmt: skip
    made = await worker.make(storage, await stored(storage, source.read_bytes()))
    assert "to be fetched whole: it " in worker.log
    assert f"fetched {source.stat().st_size} bytes" in worker.log
    assert made[0].duration == pytest.approx(SECONDS, abs=0.1)


async def test_what_fails_in_a_pipe_is_tried_in_a_file(
    storage: Storage, film: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnose, "has_lost_its_place", lambda _: True)
    work = await stored(storage, film.read_bytes())
    made = await worker.make(storage, work, audio=None, total_duration=1.0)
    assert "once more, with the whole file" in worker.log
    assert "-protocol_whitelist file" in worker.log
    assert made[0].duration == pytest.approx(SECONDS, abs=0.1)
    assert made[0].audio_codec == "aac"
    # What is told of it, too, is that of the whole file.
    assert worker.plan is not None
    assert worker.plan["total_duration"] == pytest.approx(SECONDS, abs=0.1)
    assert worker.plan["audio"]["codec"] == worker.facts["audio_codec"] == "aac"


async def test_damage_that_a_pipe_meets_is_told_of_the_whole_file(
    storage: Storage, film: Path, worker: Worker
) -> None:
    damaged = bytearray(film.read_bytes())
    middle, length = len(damaged) // 2, len(damaged) // 50
    damaged[middle : middle + length] = bytes(length)
    await worker.make(storage, await stored(storage, bytes(damaged)))
    assert "once more, with the whole file" in worker.log
    assert worker.notes["partly_damaged"][0].endswith(" s at 0:02 could not be read.")


async def test_a_film_that_breaks_off_on_the_way_comes_out_whole(
    storage: Storage, behind: Storage, proxy: Proxy, film: Path, worker: Worker
) -> None:
    claim = await stored(storage, film.read_bytes())
    rule = proxy.set(Cut("answer", body=100_000), operations={"GetObject"}, chance=0.4)
    made = await worker.make(behind, claim)
    assert rule.hits
    assert "fetched" not in worker.log
    assert made[0].duration == pytest.approx(SECONDS, abs=0.1)


async def test_a_picture_that_ends_early_without_a_word_is_held_until_the_sound_ends(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    # What browsers record has no lengths.
    source = tools.make(
        tmp_path / "call.webm",
        "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=1",
        "-f", "lavfi", "-i", "sine=f=220:r=48000:d=4",
        "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", "-live", "1",
    )  # fmt: skip
    made = await worker.make(storage, await stored(storage, source.read_bytes()))
    assert "once more, the last one held for 3" in worker.log
    picture = (await tools.probe(worker.place / "out" / f"{made[0].name}.mp4")).video
    assert picture is not None
    assert picture.frame_count == pytest.approx(4 * 25, abs=2)


async def test_a_source_is_fetched_again_after_a_fetch_that_was_ended_half_way(
    storage: Storage, behind: Storage, proxy: Proxy, worker: Worker
) -> None:
    body = b"a film" * 10_000
    work = await stored(storage, body)
    context = Context(await worker.tools(behind), work, worker.place)
    proxy.set(Hang(), operations={"GetObject"})
    fetching = asyncio.ensure_future(at_hand(context))
    await wait_until((worker.place / "arriving").exists)
    await end(fetching)
    proxy.clear()
    await at_hand(context)
    assert (worker.place / INPUT).read_bytes() == body
