"""Text tracks and chapters of a source become WebVTT; whatever is in them, the film is made."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from core.captions.reading import read
from core.model.states import TextKind
from tests.faults.misbehaviour import Answer
from tests.support.captioned import captioned
from tests.support.transcoding import Worker, stored
from workers.ffmpeg.text_output import text_outputs
from workers.formats.shape import DEFAULT_SHAPE
from workers.media.texts import TextStream
from workers.operations.transcode import encoding

if TYPE_CHECKING:
    from pathlib import Path

    from core.adapters.s3 import Storage
    from core.videos.texts import FoundText
    from tests.faults.proxy import Proxy
    from tests.integration.sources.conftest import Tools

PIPE = replace(DEFAULT_SHAPE, smallest=1)
SRT = """1
00:00:00,500 --> 00:00:01,000
<i>Good</i> & <script>alert(1)</script> <font color=red>morning</font>

2
00:00:01,500 --> 00:00:01,900
Night
"""
VTT = """WEBVTT

00:00:00.500 --> 00:00:01.000
<i>Good</i> &amp; {} morning

00:00:01.500 --> 00:00:01.900
Night
"""
PICTURE = "-f lavfi -i testsrc=d=2:r=25:s=320x240 -f lavfi -i sine=d=2"
ENCODED = "-c:v libx264 -preset ultrafast -c:a aac"
SCC = """Scenarist_SCC V1.0

00:00:00:15	9420 9420 94ae 94ae 9470 9470 c8e5 ecec ef80 942f 942f

00:00:01:15	942c 942c
"""
EMPTY_SCC = "Scenarist_SCC V1.0\n\n00:00:00:15\t942c 942c\n"


def film(tools: Tools, path: Path, text: Path, options: str, count: int = 1) -> bytes:
    maps = "-map 0 -map 1 " + "-map 2 " * count
    tools.make(path, *f"{PICTURE} -i {text} {maps}{ENCODED} {options}".split())
    return path.read_bytes()


async def written(s3: Any, settings: Any, text: FoundText) -> str:
    kept = await s3.get_object(Bucket=settings.s3_bucket, Key=text.s3_key)
    body: bytes = await kept["Body"].read()
    assert (kept["ContentType"], len(body)) == ("text/vtt; charset=utf-8", text.size)
    return body.decode()


@pytest.fixture
def srt(tmp_path: Path) -> Path:
    path = tmp_path / "text.srt"
    path.write_text(SRT)
    return path


@pytest.mark.parametrize("shape", [DEFAULT_SHAPE, PIPE], ids=["file", "pipe"])
async def test_matroska(
    storage: Storage, s3: Any, settings: Any, tools: Tools, worker: Worker, srt: Path,
    tmp_path: Path, shape: Any,
) -> None:  # fmt: skip
    options = (
        "-c:s:0 srt -c:s:1 ass -c:s:2 webvtt -disposition:s:0 default -disposition:s:1 forced"
        " -metadata:s:s:0 language=ger -metadata:s:s:0 title=Deutsch -metadata:s:s:1 language=pt-BR"
    )
    source = film(tools, tmp_path / "s.mkv", srt, options, 3)
    (made,) = await worker.make(storage, await stored(storage, source), shape)
    assert made.duration == pytest.approx(2, abs=0.1)
    assert ("to be read as it arrives" in worker.log) == (shape is PIPE)
    told = [(each.language, each.title, each.is_default, each.is_forced) for each in worker.texts]
    assert told == [
        ("de", "Deutsch", True, False), ("pt-BR", None, False, True), (None, None, False, False),
    ]  # fmt: skip
    assert {each.kind for each in worker.texts} == {TextKind.SUBTITLES}
    for each in worker.texts:
        text = await written(s3, settings, each)
        assert "<script" not in text
        assert read(text) == read(VTT.format("")) or "alert" in text
        times = [(cue.start, cue.end) for cue in read(text)]
        # FFmpeg 5.1 begins where the sound is prepared.
        assert [start for start, _ in times] == [pytest.approx(at, abs=30) for at in (500, 1500)]
    assert "subtitles_dropped" not in worker.notes


async def test_mp4(
    storage: Storage, s3: Any, settings: Any, tools: Tools, worker: Worker, srt: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    options = "-c:s mov_text -metadata:s:s:0 language=fre"
    source = film(tools, tmp_path / "s.mp4", srt, options)
    await worker.make(storage, await stored(storage, source))
    (text,) = worker.texts
    assert text.language == "fr"
    cues = read(await written(s3, settings, text))
    assert [cue.start for cue in cues] == [pytest.approx(at, abs=30) for at in (500, 1500)]
    assert cues[1].text == "Night"


async def test_closed_captions(
    storage: Storage, s3: Any, settings: Any, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    scc = tmp_path / "c.scc"
    scc.write_text(SCC)
    source = film(tools, tmp_path / "s.mov", scc, "-c:s copy -r 30000/1001")
    await worker.make(storage, await stored(storage, source))
    (text,) = worker.texts
    (cue,) = read(await written(s3, settings, text))
    assert cue.text == "Hello"
    assert cue.start == pytest.approx(500, abs=60)


@pytest.mark.parametrize("shape", [DEFAULT_SHAPE, PIPE], ids=["file", "pipe"])
@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("h264.mp4", "-c:v libx264 -preset ultrafast -bf 2"),
        ("h264.ts", "-c:v libx264 -preset ultrafast -bf 2"),
        ("hevc.mkv", "-c:v libx265 -preset ultrafast -x265-params log-level=error"),
        ("mpeg2.ts", "-c:v mpeg2video -bf 2"),
    ],
)
async def test_closed_captions_that_are_hidden_in_pictures(
    storage: Storage, s3: Any, settings: Any, tools: Tools, worker: Worker, tmp_path: Path,
    name: str, codec: str, shape: Any,
) -> None:  # fmt: skip
    source = captioned(tools.make, tmp_path / name, {30: "Hello", 60: "Good night"}, *codec.split())
    await worker.make(storage, await stored(storage, source.read_bytes()), shape)
    (text,) = worker.texts
    cues = read(await written(s3, settings, text))
    assert [cue.text for cue in cues] == ["Hello", "Good night"]
    assert [cue.start for cue in cues] == [pytest.approx(at, abs=120) for at in (1000, 2000)]
    assert "subtitles_dropped" not in worker.notes


async def test_captions_of_a_long_film_whose_picture_comes_late(
    storage: Storage, s3: Any, settings: Any, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    # As many keyframes as a film of minutes has.
    codec = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "5", "-keyint_min", "5"]
    plain = captioned(
        tools.make, tmp_path / "plain.mp4", {30: "Hello", 390: "Bye"}, *codec, seconds=14
    )
    late = tools.make(
        tmp_path / "late.mp4",
        *("-itsoffset", "1.5", "-i", str(plain), "-i", str(plain)),
        *("-map", "0:v", "-map", "1:a", "-c", "copy"),
    )
    await worker.make(storage, await stored(storage, late.read_bytes()))
    assert "picture_late" in worker.notes
    (text,) = worker.texts
    cues = read(await written(s3, settings, text))
    assert [cue.text for cue in cues] == ["Hello", "Bye"]
    assert [cue.start for cue in cues] == [pytest.approx(at, abs=120) for at in (2500, 14_500)]


async def test_captions_with_too_much_beside_them_cost_no_other_text(
    storage: Storage, tools: Tools, worker: Worker, srt: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    codec = ["-c:v", "libx264", "-preset", "ultrafast"]
    plain = captioned(tools.make, tmp_path / "plain.mkv", {30: "Hello"}, *codec)
    both = tools.make(
        tmp_path / "both.mkv",
        "-i",
        str(plain),
        "-i",
        str(srt),
        "-map",
        "0",
        "-map",
        "1",
        "-c",
        "copy",
    )
    monkeypatch.setattr(encoding, "_MOST_TEXT", 3000)
    await worker.make(storage, await stored(storage, both.read_bytes()))
    assert "without what is hidden in the picture" in worker.log
    assert len(worker.texts) == 1
    assert "subtitles_dropped" not in worker.notes


async def test_pictures_that_could_hide_captions_and_do_not_are_no_reason_to_warn(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    codec = ["-c:v", "libx264", "-preset", "ultrafast"]
    source = captioned(tools.make, tmp_path / "film.mp4", {}, *codec)
    await worker.make(storage, await stored(storage, source.read_bytes()))
    assert "filter_units" in worker.log
    assert (worker.texts, "subtitles_dropped" in worker.notes) == ((), False)


async def test_a_track_without_text_is_told_and_harms_nothing(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    scc = tmp_path / "c.scc"
    scc.write_text(EMPTY_SCC)
    source = film(tools, tmp_path / "s.mov", scc, "-c:s copy -r 30000/1001")
    (made,) = await worker.make(storage, await stored(storage, source))
    assert made.duration == pytest.approx(2, abs=0.1)
    assert worker.texts == ()
    told = "1 subtitle track without text that can be read was left out."
    assert worker.notes["subtitles_dropped"] == [told]


@pytest.mark.parametrize("shape", [DEFAULT_SHAPE, PIPE], ids=["file", "pipe"])
async def test_a_track_with_far_too_much_in_it_does_not_fill_the_disk(
    storage: Storage, tools: Tools, worker: Worker, srt: Path, tmp_path: Path, shape: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(encoding, "_MOST_TEXT", 200)
    source = film(tools, tmp_path / "s.mkv", srt, "-c:s srt", 2)
    (made,) = await worker.make(storage, await stored(storage, source), shape)
    assert made.duration == pytest.approx(2, abs=0.1)
    assert worker.texts == ()
    told = "2 subtitle tracks with far more data than a text has were left out."
    assert worker.notes["subtitles_dropped"] == [told]
    assert worker.log.count("once more") == 1


async def test_a_track_that_ffmpeg_fails_at_does_not_fail_the_film(
    storage: Storage, tools: Tools, worker: Worker, srt: Path, tmp_path: Path
) -> None:
    source = film(tools, tmp_path / "s.mkv", srt, "-c:s srt")
    nowhere = [{"index": 40, "container": "matroska"}]
    await worker.make(storage, await stored(storage, source), texts=nowhere)
    assert "once more, without its texts" in worker.log
    told = "1 subtitle track with which the file could not be read was left out."
    assert worker.notes["subtitles_dropped"] == [told]


async def test_what_is_left_out_of_a_text_is_told(
    storage: Storage, tools: Tools, worker: Worker, srt: Path, tmp_path: Path
) -> None:
    srt.write_text(SRT + f"\n3\n00:00:01,900 --> 00:00:01,950\n{'too long ' * 300}\n")
    source = film(tools, tmp_path / "s.mkv", srt, "-c:s srt")
    await worker.make(storage, await stored(storage, source))
    assert len(worker.texts) == 1
    assert worker.notes["subtitles_dropped"] == ["Parts of 1 subtitle track were left out."]


async def test_a_store_that_is_away_for_a_moment_does_not_cost_the_film(
    storage: Storage, behind: Storage, proxy: Proxy, tools: Tools, worker: Worker, srt: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    source = film(tools, tmp_path / "s.mkv", srt, "-c:s srt")
    proxy.set(Answer(503, "SlowDown"), operations={"PutObject"}, path="text-0.vtt", times=9)
    await worker.make(behind, await stored(storage, source))
    assert [each.kind for each in worker.texts] == [TextKind.SUBTITLES]
    assert proxy.faulted["PutObject"] == 9


def test_text_that_cannot_be_written_leaves_the_film_alone(
    tools: Tools, srt: Path, tmp_path: Path
) -> None:
    source = tmp_path / "s.mkv"
    film(tools, source, srt, "-c:s srt")
    out = tmp_path / "out.mkv"
    options = text_outputs([TextStream(2, "matroska")], str(tmp_path / "nowhere"), ["-t", "60"])
    argv = [tools.ffmpeg, "-nostdin", "-v", "error", "-i", str(source)]
    done = subprocess.run([*argv, "-map", "0:v", "-c", "copy", str(out), *options], check=False)
    assert done.returncode == 0
    assert out.stat().st_size > 1000


def chaptered(tools: Tools, path: Path, titles: list[str]) -> bytes:
    told = path.with_suffix(".txt")
    each = [
        f"[CHAPTER]\nTIMEBASE=1/{len(titles)}\nSTART={2 * n}\nEND={2 * n + 2}\ntitle={title}"
        for n, title in enumerate(titles)
    ]
    told.write_text("\n".join([";FFMETADATA1", *each]) + "\n")
    tools.make(path, *f"{PICTURE} -f ffmetadata -i {told} -map 0 -map 1 {ENCODED}".split())
    return path.read_bytes()


async def test_chapters(
    storage: Storage, s3: Any, settings: Any, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    titles = ["Harbour", "<script>alert(1)</script> --> x", "Night\u202e"]
    source = chaptered(tools, tmp_path / "s.mkv", titles)
    await worker.make(storage, await stored(storage, source))
    (text,) = worker.texts
    assert text.kind is TextKind.CHAPTERS
    cues = read(await written(s3, settings, text))
    assert [cue.text for cue in cues] == [
        "Harbour", "&lt;script&gt;alert(1)&lt;/script&gt; --&gt; x", "Night",
    ]  # fmt: skip
    assert [cue.start for cue in cues] == [pytest.approx(at, abs=30) for at in (0, 667, 1333)]


async def test_more_chapters_than_anybody_reads(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = chaptered(tools, tmp_path / "s.mkv", ["x" * 100] * 6000)
    (made,) = await worker.make(storage, await stored(storage, source))
    assert made.duration == pytest.approx(2, abs=0.1)
    assert worker.texts == ()
