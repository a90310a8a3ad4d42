"""Real clips from cameras and broken tools have the outcome their owners expect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workers.ffmpeg.probe import ProbeFailedError
from workers.formats.jpeg import size_of
from workers.media.limits import refuse
from workers.media.storyboard import storyboard_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.ffmpeg.conftest import Tools

pytestmark = pytest.mark.media


_HD = {"720p": (1280, 720), "480p": (854, 480)}
_LONG = pytest.mark.thorough("takes long to encode")


@pytest.mark.parametrize(
    ("name", "expected", "channels"),
    [
        pytest.param("film_1080p24_21s.mp4", _HD, 2, marks=_LONG),
        ("phone_rotated90.mov", {"320p": (320, 568)}, 1),
        pytest.param("phone_vfr_rotated180.mp4", _HD, 1, marks=_LONG),
        pytest.param("hdr10_1080p_vfr.mp4", _HD, 2, marks=_LONG),
        pytest.param("audio_8_mono_tracks.mp4", _HD, 1, marks=_LONG),
        pytest.param("interlaced_1080i50.mts", _HD, 2, marks=_LONG),
        ("anamorphic_sar64_45.mp4", {"480p": (854, 480)}, None),
        ("odd_161x121.webm", {"120p": (160, 120)}, None),
        ("no_audio.mp4", {"720p": (1080, 720), "480p": (720, 480)}, None),
        ("subtitles_srt.mkv", {"720p": (1080, 720), "480p": (720, 480)}, 1),
    ],
)
async def test_ready(
    tools: Tools, clip: Callable[[str], Path], tmp_path: Path, name: str,
    expected: dict[str, tuple[int, int]], channels: int | None,
) -> None:  # fmt: skip
    source = tmp_path / "input"
    source.symlink_to(clip(name))
    made = await tools.encode(source, tmp_path / "out")
    assert refuse(made.info) is None
    assert made.refusal is None
    assert (made.folder / "poster-0.jpg").stat().st_size > 500
    board = storyboard_of(made.plan)
    video = made.outputs[made.plan.renditions[-1].name].video
    assert board is not None
    assert video is not None
    assert video.frame_count is not None
    sheets = board.sheets(video.frame_count)
    found = [size_of(path.read_bytes()) for path in made.folder.glob("storyboard-*.jpg")]
    assert found == [(board.width * board.columns, board.height * board.rows)] * (len(sheets) + 1)
    for rendition, size in expected.items():
        output = made.outputs[rendition]
        assert output.video is not None
        assert (output.video.width, output.video.height) == size
        assert (output.video.pix_fmt, output.video.rotation) == ("yuv420p", 0)
        assert not output.video.hdr
        assert [a.channels for a in output.audio] == ([channels] if channels else [])
        data = (made.folder / f"{rendition}.mp4").read_bytes()
        assert b"com.apple" not in data
        assert b"\xa9xyz" not in data
    assert made.outputs.keys() == expected.keys()


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("corrupt_missing_stsd.mp4", {"corrupt_media"}),
        ("encrypted_widevine.mp4", {"encrypted_media"}),
        ("truncated_512_bytes.mp4", {"corrupt_media"}),
    ],
)
async def test_failed(
    tools: Tools, clip: Callable[[str], Path], name: str, codes: set[str]
) -> None:
    refusal = await refused(tools, clip(name))
    assert refusal in codes


async def refused(tools: Tools, path: Path) -> str | None:
    try:
        refusal = refuse(await tools.probe(path))
    except ProbeFailedError as error:
        return None if error.failure.retryable else error.failure.code
    return refusal.code if refusal else None


async def test_high_dynamic_range_is_not_washed_out(
    tools: Tools, clip: Callable[[str], Path], tmp_path: Path
) -> None:
    """Untouched PQ shown as BT.709 is grey: dark whites, weak colours."""
    source = clip("hdr10_1080p_vfr.mp4")
    made = await tools.encode(source, tmp_path)

    def look(path: Path) -> tuple[int, float]:
        pixels = tools.pixels(path, 32, 18, number=10)
        triples = [pixels[i : i + 3] for i in range(0, len(pixels), 3)]
        return max(pixels), sum(max(t) - min(t) for t in triples) / len(triples)

    (white_before, colour_before), (white, colour) = look(source), look(made.folder / "720p.mp4")
    assert white > max(white_before + 20, 225)
    assert colour > 1.3 * colour_before
