"""Hostile and broken files are named for what they are."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import pytest

from core.errors import Failure
from core.model.failure_codes import FailureCode
from workers.ffmpeg.probe import ProbeFailedError, probe
from workers.media.limits import Limits, refuse

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.ffmpeg.conftest import Tools

CANARY = "canary-7f3a"


async def judged(tools: Tools, path: Path) -> str:
    try:
        refusal = refuse(await tools.probe(path))
    except ProbeFailedError as error:
        return error.failure.code if not error.failure.retryable else f"ours: {error}"
    return "taken" if refusal is None else str(refusal.code)


def png(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        sum_ = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + sum_

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b""))  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(7, 251)) * 400,
        bytes(100_000),
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
        b"#EXTM3U\n#EXTINF:9,\nconcat:/etc/passwd|/etc/hosts\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile neighbour.mp4\n",
        b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
        b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>',
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
        b"\x7fELF" + bytes(2000),
        b"PK\x03\x04" + bytes(2000),
        png(30000),
    ],
    ids=["noise", "zeros", "hls-file", "hls-http", "hls-concat", "ffconcat", "sdp", "dash", "svg",
         "elf", "zip", "png"],
)  # fmt: skip
async def test_what_is_no_video(tools: Tools, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "neighbour.mp4").write_text(CANARY)
    path = tmp_path / "input"
    path.write_bytes(content)
    assert await judged(tools, path) == "unsupported_format"


async def test_media_beyond_the_limits(tools: Tools, tmp_path: Path) -> None:
    picture = ("-f", "lavfi", "-i", "color=s=64x64:r=25:d=0.2")
    sound = ("-f", "lavfi", "-i", "anullsrc=d=0.1")
    many = tools.make(tmp_path / "many.mkv", *sound, *["-map", "0:a"] * 40, "-c:a", "pcm_s16le")
    assert await judged(tools, many) == "too_many_streams"
    odd = tools.make(tmp_path / "odd.mkv", *picture, "-c:v", "magicyuv")
    assert await judged(tools, odd) == "unsupported_codec"
    large = tools.make(
        tmp_path / "large.mp4", "-f", "lavfi", "-i", "color=s=8704x4352:r=1:d=1",
        "-c:v", "libx264", "-preset", "ultrafast",
    )  # fmt: skip
    assert await judged(tools, large) == "resolution_too_large"


async def test_a_file_with_its_index_lost_is_damaged(tools: Tools, tmp_path: Path) -> None:
    whole = tools.make(
        tmp_path / "whole.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x240:d=3", "-c:v", "libx264"
    ).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole[: len(whole) // 2])
    assert await judged(tools, cut) == "corrupt_media"


async def test_taking_too_long_is_not_the_files_fault(tools: Tools, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    with pytest.raises(ProbeFailedError) as caught:
        await probe(str(slow), "./input", cwd=tmp_path, limits=Limits(probe_timeout_s=0.3))
    assert caught.value.failure == Failure(
        FailureCode.PROCESSING_TIMEOUT,
        "The file took too long to inspect. Try again later.",
        retryable=True,
    )


async def test_a_program_that_never_ends_decoding_is_asked_without_that(
    tools: Tools, tmp_path: Path
) -> None:
    """As ffprobe 5.1 does with captions."""
    film = tools.make(
        tmp_path / "film.mp4", "-f", "lavfi", "-i", "testsrc2=s=320x240:d=1", "-c:v", "libx264"
    )
    stuck = tmp_path / "ffprobe"
    plain = f'*) exec {tools.ffprobe} "$@";;'
    stuck.write_text(f'#!/bin/sh\ncase "$*" in *read_intervals*) exec sleep 60;; {plain} esac\n')
    stuck.chmod(0o755)
    limits = Limits(probe_timeout_s=5)
    info = await probe(str(stuck), f"./{film.name}", cwd=tmp_path, limits=limits, packets=8)
    assert info.video is not None


async def test_an_answer_without_end_is_cut(tmp_path: Path) -> None:
    chatty = tmp_path / "chatty"
    chatty.write_text("#!/bin/sh\nyes '{' | head -c 20000000\n")
    chatty.chmod(0o755)
    with pytest.raises(ProbeFailedError) as caught:
        await probe(str(chatty), "./input", cwd=tmp_path)
    assert caught.value.failure.code == "corrupt_media"
