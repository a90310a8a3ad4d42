"""A stream has every sound of its source, and none of them can do harm to the film."""

from __future__ import annotations

import random
import shutil
import subprocess
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from core.tasks.spans import Listed
from tests.integration.sources.test_stream import bodies
from tests.support.streaming import Kept
from tests.support.transcoding import QUICK, Worker, stored
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.process import run
from workers.media.info import AudioStream
from workers.media.plan import plan
from workers.media.sounds import with_sounds
from workers.media.tracks import tracks_of
from workers.outputs import stream as streams
from workers.outputs import stream_track
from workers.outputs.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.adapters.s3 import Storage
    from tests.integration.sources.conftest import Tools

SECONDS = 9.0
LATE_S, HALF_S = 5.0, 4.5


def tone(hertz: int, layout: str = "stereo", seconds: float = SECONDS) -> list[str]:
    """Return the options of an input that is a tone, in all channels of a layout."""
    mixed = "|".join(f"c{n}=c0" for n in range(6 if layout == "5.1" else 2))
    filters = f"aformat=channel_layouts=mono,pan={layout}|{mixed}"
    return ["-f", "lavfi", "-i", f"sine=f={hertz}:r=48000:d={seconds},{filters}"]


@pytest.fixture(scope="session")
def film(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A film with six sounds: 5.1, one that is late, one that ends early, DTS, and two broken."""
    path = tools.make(
        tmp_path_factory.mktemp("sounds") / "film.mkv",
        "-f", "lavfi", "-i", f"testsrc2=s=320x180:r=25:d={SECONDS}",
        *tone(300, "5.1"), "-itsoffset", str(LATE_S), *tone(500, seconds=SECONDS - LATE_S),
        *tone(700, seconds=HALF_S), *tone(900), *tone(1100), *tone(1300),
        *(word for number in range(7) for word in ("-map", str(number))),
        "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac",
        "-c:a:0", "ac3", "-strict", "-2", "-c:a:3", "dca", "-c:a:4", "mp2",
        *(word for number, code in enumerate(("eng", "ger", "fre", "spa", "ita", "por"))
          for word in (f"-metadata:s:a:{number}", f"language={code}")),
        "-metadata:s:a:1", "title=Mit <Bild>", "-disposition:a:2", "comment",
        "-disposition:a:0", "default",
    )  # fmt: skip
    data = bytearray(path.read_bytes())
    at = data.index(b"A_MPEG/L2")
    data[at : at + 9] = b"A_NOBODYS"  # nobody knows the codec of the fifth
    listed = subprocess.run(
        [tools.ffprobe, "-v", "error", "-select_streams", "6", "-show_entries", "packet=pos,size",
         "-of", "csv=p=0", str(path)], check=True, capture_output=True, text=True,
    )  # fmt: skip
    noise = random.Random(1)
    for line in listed.stdout.split():
        size, place = map(int, line.split(",")[:2])
        # A packet begins behind the header of its block.
        data[place + 8 : place + size] = noise.randbytes(size - 8)
    return bytes(data)


async def test_every_sound_of_a_film_is_there_and_as_long_as_it(
    storage: Storage, tools: Tools, film: bytes, worker: Worker, tmp_path: Path
) -> None:
    worker.listing = kept = Kept()
    (made,) = await worker.make(storage, await stored(storage, film, ".mkv"))
    tracks = [kept.tracks[name] for name in sorted(kept.tracks)]
    assert [(t.name, t.language, t.title, t.role, t.channels, t.is_default) for t in tracks] == [
        ("180p", None, None, None, None, True),
        ("audio", "en", None, None, 2, True),
        ("audio-2", "de", "Mit <Bild>", None, 2, False),
        ("audio-3", "fr", None, "commentary", 2, False),
        ("audio-4", "es", None, None, 2, False),
        ("audio-surround", "en", None, None, 6, False),
    ]
    # Played before all of it was made; only the picture and the default sound were waited for.
    assert kept.first == 1
    for track in tracks[1:]:
        header, *segments = await bodies(storage, track, kept.of(track.name))
        path = tmp_path / f"{track.name}.mp4"
        path.write_bytes(header + b"".join(segments))
        (sound,) = (await tools.probe(path)).audio
        assert sound.channels == track.channels
        # Two of AAC's frames.
        assert sound.duration == pytest.approx(SECONDS, abs=0.05), track.name
    assert _heard(tools, tmp_path / "audio-2.mp4") == pytest.approx((LATE_S, SECONDS), abs=0.1)
    assert _heard(tools, tmp_path / "audio-3.mp4") == pytest.approx((0, HALF_S), abs=0.1)
    # The files have the default sound alone.
    body = [chunk async for chunk in storage.read_range(made.s3_key, 0, made.size - 1, None)]
    (tmp_path / "file.mp4").write_bytes(b"".join(body))
    info = await tools.probe(tmp_path / "file.mp4")
    assert [sound.channels for sound in info.audio] == [2]
    assert worker.notes["audio_dropped"] == [
        "1 other sound track was left out: nothing could be heard in it.",
        "A sound track was left out: its codec is not known.",
    ]
    assert worker.notes["surround_kept"] == ["The stream also has the sound as 5.1."]


def _heard(tools: Tools, path: Path) -> tuple[float, float]:
    """Return when a tone begins and ends, in seconds."""
    rate = 8000
    loud = [n for n, sample in enumerate(tools.samples(path, rate)) if abs(sample) > 500]
    return loud[0] / rate, loud[-1] / rate


async def test_a_sound_that_ffmpeg_fails_at_does_not_fail_the_film(
    storage: Storage, film: bytes, worker: Worker
) -> None:
    worker.listing = kept = Kept()
    nowhere = AudioStream(index=40, codec="aac", channels=2, sample_rate=48_000)
    other = {"name": "audio-2", "audio": nowhere, "channels": 2, "audio_bitrate": 128_000,
             "sample_rate": 48_000}  # fmt: skip
    await worker.make(storage, await stored(storage, film, ".mkv"), others=[other])
    assert sorted(kept.tracks) == ["180p", "audio"]
    assert "once more, with the default sound alone" in worker.log
    assert (
        "1 other sound track was left out: the file could not be read with it."
        in worker.notes["audio_dropped"]
    )


async def test_a_later_attempt_goes_on_with_the_sounds_that_are_listed(
    storage: Storage, film: bytes, worker: Worker
) -> None:
    claim = await stored(storage, film, ".mkv")
    worker.listing = before = Kept()
    await worker.make(storage, claim)
    (worker.place / "out").rename(worker.place.with_name("before"))
    known = {}
    # With one segment of the picture it is encoded from its beginning.
    for name, count in (("180p", 1), ("audio", 3), ("audio-4", 2)):
        ticks = [each for span in before.of(name) for each in span.durations][:count]
        track = before.tracks[name]
        known[name] = Listed(track.id, track.init_sha256, count, sum(ticks))
    # One was listed by a worker that hears more tracks than this one.
    known["audio-9"] = replace(known["audio"], track_id=uuid.uuid4())
    # Another one has begun otherwise: it alone is taken back, and listed from its beginning.
    known["audio-3"] = replace(known["audio-4"], init_sha256="another")
    worker.listing = after = Kept(known)
    await worker.make(storage, claim)
    assert after.taken_back == ["audio-9", "audio-3"]
    assert sorted(after.tracks) == ["audio-2", "audio-3", "audio-surround"]
    after.tracks |= {name: before.tracks[name] for name in ("180p", "audio", "audio-4")}
    for name, first in (("180p", 1), ("audio", 3), ("audio-4", 2), ("audio-2", 0), ("audio-3", 0)):
        assert after.of(name)[0].first == first
        first_end, second_end = (
            listed.of(name)[-1].start + sum(listed.of(name)[-1].durations)
            for listed in (before, after)
        )
        assert first_end == second_end


@pytest.fixture
def of_silence(storage: Storage, tools: Tools, tmp_path: Path) -> Callable[[Kept], Any]:
    """Have FFmpeg make the segments of a film whose second sound is silent; return their stream."""

    async def begun(kept: Kept) -> Stream:
        made, place = tmp_path / "made", tmp_path / "place"
        source = tools.make(
            tmp_path / "film.mkv",
            "-f", "lavfi", "-i", f"testsrc2=s=320x180:r=25:d={SECONDS}",
            *tone(300), "-f", "lavfi", "-i", f"anullsrc=cl=stereo:r=48000:d={SECONDS}",
            "-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-c:a", "aac",
            "-metadata:s:a:1", "language=ger", "-disposition:a:0", "default",
        )  # fmt: skip
        info = await tools.probe(source)
        decided = with_sounds(plan(info, QUICK), info, QUICK)
        for track in tracks_of(decided):
            (made / track.name).mkdir(parents=True)
        argv = encode_command(tools.ffmpeg, decided, str(source), ".", tools.capabilities)
        await run(argv, cwd=made)
        place.mkdir()
        stream = Stream(storage, kept, tracks_of(decided), place, f"streams/{uuid.uuid4()}/")
        await stream.begin()
        shutil.copytree(made, place, dirs_exist_ok=True)
        return stream

    return begun


async def test_silence_waits_for_sound_and_not_for_the_store(
    of_silence: Callable[[Kept], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_EVERY_S", 0)
    stream = await of_silence(Kept())
    for _ in range(5):
        await stream.grown()
        await stream._stored()
    # What FFmpeg would have to wait for.
    assert stream.unsent == 0
    assert len(list((tmp_path / "place" / "audio-2").glob("*.m4s"))) == 5
    assert not stream._due()
    await stream.finish()
    assert [track.name for track in stream.left_out] == ["audio-2"]


async def test_a_sound_that_is_silent_for_very_long_does_not_fill_the_disk(
    of_silence: Callable[[Kept], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_track, "MOST_SILENT", 2)
    stream = await of_silence(kept := Kept())
    await stream.grown()
    assert [track.name for track in stream.left_out] == ["audio-2"]
    assert not list((tmp_path / "place" / "audio-2").glob("*.m4s"))
    await stream.finish()
    assert sorted(kept.tracks) == ["180p", "audio"]
