"""Each protection is needed: a chosen file comes out wrong when it is taken away.

Where several stand behind one another, all but one are taken away, and then that one too.
"""

import asyncio
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded.ffmpeg import find_tools
from tests.hostile import texts
from tests.hostile.conftest import BLIND, Watch
from tests.hostile.maker import Maker, cut, lavfi
from tests.hostile.pieces import Pieces
from workers.ffmpeg import command, whitelists
from workers.ffmpeg import probe as probing
from workers.ffmpeg.capabilities import ask_capabilities
from workers.ffmpeg.probe import probe
from workers.ffmpeg.whitelists import input_options
from workers.media import limits as media_limits
from workers.media import verify
from workers.media.limits import Limits

pytestmark = pytest.mark.thorough("each switch of FFmpeg, with a file that asks for it")

Patch = pytest.MonkeyPatch
Options = Callable[..., list[str]]


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    tools = find_tools()
    ffmpeg = str(tools.ffmpeg)
    return Pieces(ffmpeg, str(tools.ffprobe), asyncio.run(ask_capabilities(ffmpeg)))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """As far from the neighbour as an attempt's directory is."""
    found = tmp_path / "scratch" / "worker" / "attempt"
    found.mkdir(parents=True)
    return found


def without(*options: str, protocols: str = "file") -> Options:
    """The input's options, some of them left out."""

    def remaining(limits: media_limits.Limits, source: str = "", *, spare: int = 0) -> list[str]:
        found = input_options(limits)
        pairs = dict(zip(found[::2], found[1::2], strict=True))
        pairs["-protocol_whitelist"] = protocols
        return [word for pair in pairs.items() if pair[0] not in options for word in pair]

    return remaining


def use(monkeypatch: Patch, options: Options) -> None:
    monkeypatch.setattr(command, "input_options", options)
    monkeypatch.setattr(probing, "input_options", options)


def take_everything(monkeypatch: Patch) -> None:
    monkeypatch.setattr(media_limits, "refuse", lambda info, limits: None)


def check_nothing(monkeypatch: Patch) -> None:
    monkeypatch.setattr(verify, "check", lambda *_, **__: None)


async def test_the_list_of_formats(
    pieces: Pieces, watch: Watch, maker: Maker, place: Path, monkeypatch: Patch
) -> None:
    """A script for the concat demuxer makes a neighbour's film its own."""
    canary = watch.canaries[1]
    if not canary.noticing:
        pytest.skip(BLIND)
    (place / "neighbour.ts").symlink_to(canary.path)
    (place / "input").write_bytes(texts.ffconcat("neighbour.ts"))
    assert await pieces.outcome(place) == "unsupported_format"
    assert not canary.was_read()
    use(monkeypatch, without("-format_whitelist"))
    assert await pieces.outcome(place) == "unsupported_format"
    assert canary.was_read()  # only then was it refused for its format
    take_everything(monkeypatch)
    assert await pieces.outcome(place) == "ready"


async def test_the_list_of_protocols(
    pieces: Pieces, watch: Watch, maker: Maker, place: Path, monkeypatch: Patch
) -> None:
    """A playlist under its own name calls out as soon as formats and protocols are free."""
    (place / "x.m3u8").write_bytes(texts.hls(f"http://{watch.listener.address}/x.ts"))
    assert await pieces.outcome(place, "x.m3u8") == "unsupported_format"
    use(monkeypatch, without("-format_whitelist"))
    assert await pieces.outcome(place, "x.m3u8") != "ready"
    assert watch.listener.calls == 0
    use(monkeypatch, without(protocols="file,http,tcp"))
    assert await pieces.outcome(place, "x.m3u8") == "unsupported_format"
    assert watch.listener.calls == 0
    use(monkeypatch, without("-format_whitelist", protocols="file,http,tcp"))
    await pieces.outcome(place, "x.m3u8")
    assert watch.listener.calls > 0


async def test_the_name_of_the_input(
    pieces: Pieces, watch: Watch, maker: Maker, place: Path, monkeypatch: Patch
) -> None:
    """Its name alone lets FFmpeg follow a playlist."""
    if not watch.canaries[0].noticing:
        pytest.skip(BLIND)
    use(monkeypatch, without("-format_whitelist"))
    (place / "x.m3u8").write_bytes(texts.hls(str(maker.canary)))
    await pieces.outcome(place, "x.m3u8")
    assert watch.canaries[0].was_read()


async def test_the_list_of_codecs(
    pieces: Pieces, maker: Maker, place: Path, monkeypatch: Patch
) -> None:
    odd = maker.film("mkv", *lavfi("testsrc2=s=64x64:r=10:d=0.5"), "-c:v", "magicyuv")
    (place / "input").write_bytes(odd)
    assert await pieces.outcome(place) == "unsupported_codec"
    with monkeypatch.context() as patch:
        use(patch, without("-codec_whitelist"))
        assert await pieces.outcome(place) == "unsupported_codec"
    take_everything(monkeypatch)
    assert await pieces.outcome(place) == "unsupported_codec"
    use(monkeypatch, without("-codec_whitelist"))
    assert await pieces.outcome(place) == "ready"


@pytest.mark.parametrize(
    ("limits", "option", "code"),
    [
        (Limits(max_pixels=64 * 63), "-max_pixels", "resolution_too_large"),
        (Limits(max_streams=1), "-max_streams", "too_many_streams"),
    ],
    ids=["pixels", "streams"],
)
async def test_limits_that_ffmpeg_knows(
    pieces: Pieces, maker: Maker, place: Path, monkeypatch: Patch,
    limits: Limits, option: str, code: str,
) -> None:  # fmt: skip
    film = maker.film(
        "mp4", *lavfi("testsrc2=s=64x64:r=10:d=0.5"), *lavfi("sine=d=0.5"),
        "-map", "0", "-map", "1", "-map", "1", "-c:v", "mpeg4", "-c:a", "aac",
    )  # fmt: skip
    (place / "input").write_bytes(film)
    monkeypatch.setattr(whitelists, "MAX_BESIDE", 0)
    assert await pieces.outcome(place, limits=limits) == code
    with monkeypatch.context() as patch:
        use(patch, without(option))
        assert await pieces.outcome(place, limits=limits) == code
    with monkeypatch.context() as patch:
        take_everything(patch)
        assert await pieces.outcome(place, limits=limits) == code
    take_everything(monkeypatch)
    use(monkeypatch, without(option))
    assert await pieces.outcome(place, limits=limits) == "ready"


async def test_the_limit_of_duration(
    pieces: Pieces, maker: Maker, place: Path, monkeypatch: Patch
) -> None:
    """Let in, a film that is too long is ended at the limit, and that is seen."""
    limits = Limits(max_duration_s=2)
    (place / "input").write_bytes(maker.good())
    assert await pieces.outcome(place, limits=limits) == "duration_too_long"
    take_everything(monkeypatch)
    assert await pieces.outcome(place, limits=limits) == "duration_too_long"
    check_nothing(monkeypatch)
    assert await pieces.outcome(place, limits=limits) == "ready"


async def test_the_limit_of_frames(
    pieces: Pieces, maker: Maker, place: Path, monkeypatch: Patch
) -> None:
    """Let in, a film is made as long as it says."""
    limits = Limits(max_frames=50)
    (place / "input").write_bytes(maker.good())
    assert await pieces.outcome(place, limits=limits) == "too_many_frames"
    take_everything(monkeypatch)
    assert await pieces.outcome(place, limits=limits) == "ready"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(max_duration_s=2), "duration_too_long"),
        (Limits(max_frames=50), "too_many_frames"),
    ],
    ids=["duration", "frames"],
)
async def test_the_end_of_the_encode(
    pieces: Pieces, maker: Maker, place: Path, monkeypatch: Patch, limits: Limits, code: str
) -> None:
    """A film that says it is shorter than it is would be made whole, however long that takes."""
    (place / "input").write_bytes(understated(maker.good("mkv")))
    assert await pieces.outcome(place, limits=limits) == code
    monkeypatch.setattr(command, "until", lambda limits: [])
    monkeypatch.setattr(command, "most_frames", lambda plan, limits: 10**9)
    check_nothing(monkeypatch)
    assert await pieces.outcome(place, limits=limits) == "ready"
    (made,) = (place / "out").glob("*.mp4")
    lasts = (await probe(pieces.ffprobe, f"./{made.name}", cwd=made.parent)).duration
    assert lasts is not None
    assert lasts > 3.9


async def test_what_came_out_is_measured(
    pieces: Pieces, maker: Maker, place: Path, monkeypatch: Patch
) -> None:
    """FFmpeg is content with half a film."""
    (place / "input").write_bytes(cut(maker.good("mp4", "-movflags", "+faststart")))
    assert await pieces.outcome(place) == "truncated_media"
    check_nothing(monkeypatch)
    assert await pieces.outcome(place) == "ready"


def understated(matroska: bytes) -> bytes:
    """A Matroska film whose Duration (RFC 9559) is a second; of its tracks it says nothing."""
    place = matroska.index(b"\x44\x89\x88") + 3
    said = matroska[:place] + struct.pack(">d", 1000.0) + matroska[place + 8 :]
    return said.replace(b"DURATION", b"XURATION")
