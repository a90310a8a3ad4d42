"""Clips made on the spot go through the real FFmpeg and come out as planned."""

from __future__ import annotations

import asyncio
import itertools
import struct
import subprocess
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from tests.support.waiting import patiently
from workers.ffmpeg.command import encode_command
from workers.ffmpeg.process import run
from workers.ffmpeg.progress import Progress, fraction_done
from workers.ffmpeg.whitelists import PIPE
from workers.media.ladder import MISSION_LADDER
from workers.media.plan import plan

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.ffmpeg.conftest import Encoded, Tools
    from workers.ffmpeg.standard_input import StandardInput

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
# Left half red, right half blue, upper third white: which way is up can be seen.
FLAG = (
    "color=red:s={w}x{h}:r=25:d=2,drawbox=x=iw/2:w=iw/2:h=ih:color=blue:t=fill,"
    "drawbox=w=iw:h=ih/3:color=white:t=fill"
)


def lavfi(source: str) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", source)


def sizes(encoded: Encoded) -> dict[str, tuple[int, int]]:
    videos = {name: output.video for name, output in encoded.outputs.items()}
    return {name: (v.width, v.height) for name, v in videos.items() if v is not None}


def colour(pixels: bytes, width: int, x: int, y: int) -> str:
    red, green, blue = pixels[(y * width + x) * 3 : (y * width + x) * 3 + 3]
    if min(red, green, blue) > 180:
        return "white"
    return "red" if red > blue else "blue"


def turned(mp4: bytes, degrees: int) -> bytes:
    """Write a clockwise turn into the track header's matrix (ISO/IEC 14496-12, 8.3.2)."""
    a, b = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    place = mp4.index(b"tkhd") + 4 + 40
    matrix = struct.pack(">9i", a << 16, b << 16, 0, -b << 16, a << 16, 0, 0, 0, 1 << 30)
    return mp4[:place] + matrix + mp4[place + len(matrix) :]


def told(tools: Tools, path: Path, facts: str) -> str:
    """What ffprobe says of the picture, separated by commas."""
    return subprocess.run(
        [tools.ffprobe, "-v", "error", "-select_streams", "v", "-show_entries", f"stream={facts}",
         "-of", "csv=p=0",
         str(path)], check=True, capture_output=True, text=True, timeout=60,
    ).stdout.strip()  # fmt: skip


def brightness(tools: Tools, path: Path) -> bytes:
    """The mean of every frame, 0 to 255."""
    return subprocess.run(
        [tools.ffmpeg, "-nostdin", "-v", "error", "-i", str(path), "-vf",
         "scale=1:1:flags=area,format=gray", "-f", "rawvideo", "-"],
        check=True, capture_output=True, timeout=60,
    ).stdout  # fmt: skip


def keyframes(tools: Tools, path: Path) -> list[float]:
    lines = subprocess.run(
        [tools.ffprobe, "-v", "error", "-select_streams", "v", "-skip_frame", "nokey",
         "-show_entries", "frame=pts_time", "-of", "csv=p=0", str(path)],
        check=True, capture_output=True, text=True, timeout=60,
    ).stdout.split()  # fmt: skip
    return [float(line.strip(",")) for line in lines]


async def test_a_film_gets_two_sizes_a_poster_and_one_sound(tools: Tools, tmp_path: Path) -> None:
    source = tools.make(
        tmp_path / "film.mp4",
        *lavfi("testsrc2=s=1920x1080:r=24:d=5"), *lavfi("sine=440:d=5"), *H264, "-c:a", "aac",
        "-metadata", "title=secret", "-metadata", "location=+51.5-000.1/",
    )  # fmt: skip
    made = await tools.encode(source, tmp_path / "out")
    assert made.refusal is None
    assert sizes(made) == {"720p": (1280, 720), "480p": (854, 480)}
    for name, output in made.outputs.items():
        video = output.video
        assert video is not None
        assert (video.frame_count, video.frame_rate) == (120, Fraction(24))
        assert video.pix_fmt == "yuv420p"
        assert told(tools, made.folder / f"{name}.mp4", "color_range") in {"tv", "unknown"}
        assert [(a.codec, a.channels) for a in output.audio] == [("aac", 1)]
    # The source says nothing of its colours; below 720 lines players would guess another matrix.
    small = made.outputs["480p"].video
    assert small is not None
    assert (small.color_space, small.color_primaries) == ("bt709", "bt709")
    for rendition in made.plan.renditions:
        data = (made.folder / rendition.file_name).read_bytes()
        assert b"secret" not in data
        assert b"+51.5" not in data
        moments = keyframes(tools, made.folder / rendition.file_name)
        assert {0.0, 2.0, 4.0} <= {round(m, 3) for m in moments}
    # The last candidate for the poster is the frame at 50 %, in the size of the largest rendition.
    poster, there = (made.folder / "poster-10.jpg"), made.folder / "720p.mp4"
    frame = tools.pixels(there, 64, 36, number=60)
    difference = [abs(a - b) for a, b in zip(tools.pixels(poster, 64, 36), frame, strict=True)]
    assert sum(difference) / len(difference) < 6
    assert told(tools, poster, "width,height") == "1280,720"


async def test_progress_is_told_long_before_the_pictures_are_there(
    tools: Tools, tmp_path: Path
) -> None:
    source = tools.make(
        tmp_path / "film.mp4", *lavfi("testsrc2=s=320x180:r=25:d=12"), *H264,
        "-movflags", "+faststart",
    )  # fmt: skip
    data, heard = source.read_bytes(), asyncio.Event()
    planned = plan(await tools.probe(source), replace(MISSION_LADDER, streamed=False))

    async def feed(stdin: StandardInput) -> None:
        await stdin.write(data[: len(data) * 3 // 4])
        await heard.wait()
        await stdin.write(data[len(data) * 3 // 4 :])

    def note(report: Progress) -> None:
        if (fraction_done(report, planned) or 0) > 0.1 and not heard.is_set():
            assert not (tmp_path / "storyboard-1.jpg").exists()
            heard.set()

    argv = encode_command(tools.ffmpeg, planned, PIPE, ".", tools.capabilities)
    async with patiently():
        await run(argv, cwd=tmp_path, feed=feed, on_progress=note)
    assert told(tools, tmp_path / "storyboard-1.jpg", "width,height") == "1600,180"


@pytest.mark.parametrize("turn", [90, 180, 270])
async def test_a_turned_phone_video_comes_out_upright(
    tools: Tools, tmp_path: Path, turn: int
) -> None:
    # Stored turned counter-clockwise, marked to be turned clockwise by the player.
    transposes = {90: "transpose=cclock", 180: "hflip,vflip", 270: "transpose=clock"}
    stored = tools.make(
        tmp_path / "stored.mp4", *lavfi(f"{FLAG.format(w=240, h=426)},{transposes[turn]}"), *H264
    )
    marked = tmp_path / "marked.mp4"
    marked.write_bytes(turned(stored.read_bytes(), turn))
    made = await tools.encode(marked, tmp_path / "out")
    assert made.info.video is not None
    assert made.info.video.rotation == turn
    assert made.refusal is None
    assert sizes(made) == {"240p": (240, 426)}
    assert made.outputs["240p"].video is not None
    assert made.outputs["240p"].video.rotation == 0
    pixels = tools.pixels(made.folder / "240p.mp4", 12, 21)
    assert colour(pixels, 12, 6, 2) == "white"
    assert (colour(pixels, 12, 2, 16), colour(pixels, 12, 9, 16)) == ("red", "blue")


@pytest.mark.parametrize(
    ("source", "extra", "expected"),
    [
        ("testsrc2=s=321x241:r=25:d=1", ("-pix_fmt", "yuv444p"), {"240p": (320, 240)}),
        ("testsrc2=s=16x2:r=25:d=1", ("-pix_fmt", "yuv420p"), {"2p": (16, 2)}),
        ("testsrc2=s=2000x50:r=25:d=1", ("-pix_fmt", "yuv420p"), {"50p": (2000, 50)}),
        ("testsrc2=s=8192x600:r=5:d=1", ("-pix_fmt", "yuv420p"), {"300p": (4096, 300)}),
        ("testsrc2=s=720x576:r=25:d=1,setsar=64/45", ("-pix_fmt", "yuv420p"),
         {"480p": (854, 480)}),
        ("testsrc2=s=640x360:r=25:d=1", ("-pix_fmt", "yuv422p10le"), {"360p": (640, 360)}),
        ("testsrc2=s=640x360:r=25:d=1", ("-pix_fmt", "yuvj420p"), {"360p": (640, 360)}),
    ],
)  # fmt: skip
async def test_odd_shapes(
    tools: Tools, tmp_path: Path, source: str, extra: tuple[str, ...],
    expected: dict[str, tuple[int, int]],
) -> None:  # fmt: skip
    path = tools.make(tmp_path / "in.mkv", *lavfi(source), *H264[:4], *extra)
    made = await tools.encode(path, tmp_path / "out")
    assert made.refusal is None
    assert sizes(made) == expected
    for name, output in made.outputs.items():
        assert output.video is not None
        assert (output.video.pix_fmt, output.video.sample_aspect_ratio) == (
            "yuv420p",
            Fraction(1),
        )
        assert told(tools, made.folder / f"{name}.mp4", "color_range") in {"tv", "unknown"}
        assert output.audio == ()


async def test_variable_frame_rate_keeps_sound_and_picture_together(
    tools: Tools, tmp_path: Path
) -> None:
    """A white flash with a beep every second, filmed at 30, then 10 frames a second."""
    flash = (
        "color=black:s=320x240:r=30:d=6,drawbox=color=white:t=fill:enable='lt(mod(t\\,1)\\,0.2)'"
    )
    source = tools.make(
        tmp_path / "vfr.mp4",
        *lavfi(f"{flash},select='lt(t\\,2)+not(mod(n\\,3))'"),
        *lavfi("aevalsrc='sin(2*PI*1000*t)*lt(mod(t,1),0.2)':d=6:s=48000"),
        "-fps_mode", "vfr", *H264, "-c:a", "aac",
    )  # fmt: skip
    made = await tools.encode(source, tmp_path / "out")
    assert made.info.video is not None
    assert made.info.video.variable_frame_rate
    assert made.refusal is None
    path, rate = made.folder / "240p.mp4", float(made.plan.frame_rate)
    raw = brightness(tools, path)
    flashes = [i / rate for i in range(1, len(raw)) if raw[i] > 128 >= raw[i - 1]]
    samples = tools.samples(path)
    loud = [any(abs(s) > 3000 for s in samples[i : i + 40]) for i in range(0, len(samples), 40)]
    beeps = [i / 200 for i in range(20, len(loud)) if loud[i] and not any(loud[i - 20 : i])]
    assert len(flashes) == len(beeps) == 5
    assert all(abs(f - b) < 0.04 for f, b in zip(flashes, beeps, strict=True))


async def test_sound_that_starts_late_stays_late(tools: Tools, tmp_path: Path) -> None:
    source = tools.make(
        tmp_path / "late.mkv",
        *lavfi("testsrc2=s=320x240:r=25:d=3"), "-itsoffset", "1.0", *lavfi("sine=1000:d=2"),
        *H264, "-c:a", "aac",
    )  # fmt: skip
    made = await tools.encode(source, tmp_path / "out")
    samples = tools.samples(made.folder / "240p.mp4")
    first = next(i for i, sample in enumerate(samples) if abs(sample) > 1000)
    assert abs(first / 8000 - 1.0) < 0.04


async def test_fields_are_joined(tools: Tools, tmp_path: Path) -> None:
    """A moving bar filmed in fields shows combed edges; after joining it has none."""
    bar = "nullsrc=s=720x576:r=50:d=1,geq=lum='255*between(X\\,N*12\\,N*12+80)':cb=128:cr=128"
    source = tools.make(
        tmp_path / "fields.ts", *lavfi(f"{bar},tinterlace=interleave_top,setfield=tff"),
        *H264, "-flags", "+ildct+ilme", "-x264-params", "tff=1",
    )  # fmt: skip
    made = await tools.encode(source, tmp_path / "out")
    assert made.plan.deinterlace
    assert made.refusal is None
    path = made.folder / "480p.mp4"

    def combing(file: Path, height: int) -> float:
        raw = subprocess.run(
            [tools.ffmpeg, "-nostdin", "-v", "error", "-i", str(file), "-vf",
             f"select=eq(n\\,12),scale=64:{height}:flags=neighbor,format=gray", "-frames:v", "1",
             "-f", "rawvideo", "-"], check=True, capture_output=True, timeout=60,
        ).stdout  # fmt: skip
        rows = [raw[i : i + 64] for i in range(0, len(raw), 64)]
        pairs = itertools.pairwise(rows)
        return sum(abs(a - b) for x, y in pairs for a, b in zip(x, y, strict=True)) / len(raw)

    assert combing(source, 576) > 5
    assert combing(path, 480) < 2


async def test_cut_files_are_never_whole(tools: Tools, tmp_path: Path) -> None:
    whole = tools.make(
        tmp_path / "whole.mp4", *lavfi("testsrc2=s=640x360:r=25:d=8"), *H264,
        "-movflags", "+faststart",
    )  # fmt: skip
    for name, data in {
        "cut.mp4": whole.read_bytes(),
        "cut.mkv": tools.make(tmp_path / "whole.mkv", "-i", str(whole), "-c", "copy").read_bytes(),
    }.items():
        cut = tmp_path / name
        cut.write_bytes(data[: len(data) // 2])
        made = await tools.encode(cut, tmp_path / f"out-{name}")
        assert made.refusal is not None, name
        assert made.refusal.code == "truncated_media", name


async def test_many_channels_become_two(tools: Tools, tmp_path: Path) -> None:
    for channels in (6, 12):
        source = tools.make(
            tmp_path / f"{channels}.mkv", *lavfi("testsrc2=s=320x240:r=25:d=1"),
            *lavfi("aevalsrc='" + "|".join(["sin(880*t)"] * channels) + "':d=1"),
            *H264, "-c:a", "pcm_s16le",
        )  # fmt: skip
        made = await tools.encode(source, tmp_path / str(channels))
        assert [a.channels for a in made.outputs["240p"].audio] == [2]


async def test_a_folder_name_is_only_a_name(tools: Tools, tmp_path: Path) -> None:
    source = tools.make(tmp_path / "a.mp4", *lavfi("testsrc2=s=320x240:r=25:d=1"), *H264)
    folder = tmp_path / "o'u|t [x] \\y"
    folder.mkdir()
    made = await tools.encode(source, tmp_path / "out")
    planned = replace(made.plan, streamed=False)
    argv = encode_command(tools.ffmpeg, planned, str(source), str(folder), tools.capabilities)
    await run(argv, cwd=tmp_path)
    film, *stills = sorted(each.name for each in folder.iterdir())
    assert film == "240p.mp4"
    assert "poster-0.jpg" in stills
    assert [each for each in stills if not each.startswith(("poster", "storyboard-"))] == []
