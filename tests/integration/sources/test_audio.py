"""A file with sound and no picture becomes sound that can be played, with a poster."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import PermanentError
from tests.support.transcoding import Worker, stored
from workers.formats.shape import DEFAULT_SHAPE
from workers.media.limits import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from core.adapters.s3 import Storage
    from tests.integration.sources.conftest import Tools

SECONDS = 3.0
# A tone that is loud in its second half.
TONE = f"aevalsrc=(0.02+0.4*gte(t\\,{SECONDS / 2}))*sin(440*2*PI*t)*2:s=44100:d={SECONDS}:c=stereo"
_EACH = pytest.mark.thorough("encodes each kind of sound")
KINDS = {
    "s.mp3": "-c:a libmp3lame",
    "s.m4a": "-c:a aac",
    "s.aac": "-c:a aac",
    "s.wav": "-c:a pcm_s16le",
    "s.w64": "-c:a pcm_s24le",
    "s.flac": "-c:a flac",
    "s.ogg": "-c:a libvorbis",
    "s.oga": "-c:a flac -f ogg",
    "s.opus": "-c:a libopus",
    "s.wma": "-c:a wmav2",
    "s.aiff": "-c:a pcm_s16be",
    "s.aif": "-c:a pcm_s24be -f aiff",
    "s.caf": "-c:a pcm_s16be",
    "s.amr": "-ac 1 -ar 8000 -c:a libopencore_amrnb",
    "s.ac3": "-c:a ac3",
    "s.eac3": "-c:a eac3",
    "s.dts": "-c:a dca -strict -2 -ar 48000",
    "s.mka": "-c:a libvorbis",
    "s.weba": "-c:a libopus -f webm",
}
ALONE = {"s.mp3", "s.wav"}  # in `make test`


def sound(tools: Tools, path: Path, *arguments: str, source: str = TONE) -> Path:
    """Make a file with sound alone."""
    return tools.make(path, "-f", "lavfi", "-i", source, *arguments)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in ALONE else _EACH) for name in KINDS]
)
async def test_each_kind_of_sound(
    storage: Storage, s3: Any, settings: Any, tools: Tools, worker: Worker, tmp_path: Path,
    name: str,
) -> None:  # fmt: skip
    source = sound(tools, tmp_path / name, *KINDS[name].split())
    (made,) = await worker.make(storage, await stored(storage, source.read_bytes()))
    assert (made.name, made.width, made.height, made.video_codec) == ("audio", None, None, None)
    assert made.audio_codec == "aac"
    assert made.duration is not None
    assert abs(made.duration - SECONDS) < 0.15
    kept = await s3.get_object(Bucket=settings.s3_bucket, Key=made.s3_key)
    assert (kept["ContentType"], made.s3_key[-10:]) == ("audio/mp4", "/audio.m4a")
    # Loud where it was loud.
    heard = tools.samples(worker.place / "out" / "audio.m4a")
    quiet, loud = heard[4000:8000], heard[-8000:-4000]
    assert max(loud) > 5 * max(quiet) > 0
    assert not {"width", "video_codec"} & worker.facts.keys()
    assert abs(worker.facts["duration"] - SECONDS) < 0.3


async def test_the_poster_shows_how_loud_it_is(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = sound(tools, tmp_path / "s.wav")
    await worker.make(storage, await stored(storage, source.read_bytes()))
    poster = worker.place / "out" / "poster.jpg"
    poster = worker.place / "out" / "poster.jpg"
    assert len(tools.pixels(poster, 1280, 720)) == 3 * 1280 * 720
    # Green of two columns: one in the quiet half, one in the loud half.
    pixels = tools.pixels(poster, 4, 24)[1::3]
    quiet, loud = (sum(level > 60 for level in pixels[column::4]) for column in (0, 3))
    assert 0 < quiet < loud < 24
    assert min(pixels) > 20  # the ground is no hole in a dark page


async def test_a_cover_is_the_poster(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    cover = tools.make(
        tmp_path / "c.jpg", "-f", "lavfi", "-i", "color=red:s=600x600", "-frames:v", "1",
    )  # fmt: skip
    plain = sound(tools, tmp_path / "s.mp3")
    source = tools.make(
        tmp_path / "covered.mp3",
        *("-i", str(plain), "-i", str(cover), "-map", "0", "-map", "1", "-c", "copy"),
        *("-disposition:v", "attached_pic"),
    )
    (made,) = await worker.make(storage, await stored(storage, source.read_bytes()))
    assert made.video_codec is None
    assert abs((made.duration or 0) - SECONDS) < 0.1
    left, middle, right = _colors(tools.pixels(worker.place / "out" / "poster.jpg", 3, 1))
    assert middle[0] > 200 > 100 > middle[1]
    assert max(*left, *right) < 130


def _colors(pixels: bytes) -> list[tuple[int, ...]]:
    return [tuple(pixels[place : place + 3]) for place in range(0, len(pixels), 3)]


@pytest.mark.parametrize(
    ("source", "channels"), [("sine=d=1", 1), ("anoisesrc=d=1,aformat=cl=5.1", 2)]
)
async def test_its_channels(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, source: str, channels: int
) -> None:
    made = sound(tools, tmp_path / "s.flac", source=source)
    await worker.make(storage, await stored(storage, made.read_bytes()))
    info = await tools.probe(worker.place / "out" / "audio.m4a")
    assert [stream.channels for stream in info.audio] == [channels]


async def test_a_sound_of_a_moment(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = sound(tools, tmp_path / "s.wav", source="sine=d=0.02")
    (made,) = await worker.make(storage, await stored(storage, source.read_bytes()))
    assert made.duration == pytest.approx(0.02, abs=0.01)


async def test_a_picture_that_comes_late_is_not_overlooked(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    """What can be read as it arrives is sound as far as its head goes: all of it is looked at."""
    source = sound(tools, tmp_path / "s.m4a", source="anoisesrc=d=6:r=48000")
    shape = replace(DEFAULT_SHAPE, smallest=1, head=20_000, tail=10_000, sample=20_000)
    (made,) = await worker.make(storage, await stored(storage, source.read_bytes()), shape)
    assert made.name == "audio"
    assert "a picture may come later; once more, with the whole file" in worker.log


@pytest.mark.parametrize("name", ["s.mp3", "s.ac3"])
async def test_a_quiet_beginning_does_not_make_it_too_long(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path, name: str
) -> None:
    # Neither says how long it is: that is guessed by the bit rate of the beginning.
    if name == "s.mp3":
        rates, options = ("8k", "64k"), "-ac 1 -ar 8000 -write_xing 0 -id3v2_version 0"
    else:
        rates, options = ("32k", "640k"), "-ac 1 -ar 32000"
    data = b""
    for rate, seconds in zip(rates, (5, 20), strict=True):
        arguments = (*options.split(), "-b:a", rate)
        noise = f"anoisesrc=d={seconds}"
        data += sound(tools, tmp_path / f"{rate}-{name}", *arguments, source=noise).read_bytes()
    worker.limits = Limits(max_duration_s=60)
    (made,) = await worker.make(storage, await stored(storage, data))
    assert made.duration is not None
    assert abs(made.duration - 25) < 0.5
    assert worker.notes.keys() == {"made_from_sound"}


async def test_a_setting_refuses_it(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = sound(tools, tmp_path / "s.mp3")
    worker.limits = Limits(audio_only=False)
    with pytest.raises(PermanentError) as refused:
        await worker.make(storage, await stored(storage, source.read_bytes()))
    assert refused.value.failure.code == "no_video_stream"


async def test_of_a_cut_sound_the_readable_part_is_made_or_none(
    storage: Storage, tools: Tools, worker: Worker, tmp_path: Path
) -> None:
    source = sound(tools, tmp_path / "s.mka", "-c:a", "flac").read_bytes()
    with pytest.raises(PermanentError) as refused:
        await worker.make(storage, await stored(storage, source[: len(source) // 2]))
    assert refused.value.failure.code == "truncated_media"
    worker = replace(worker, place=_another(worker.place))
    (made,) = await worker.make(storage, await stored(storage, source[: len(source) * 92 // 100]))
    assert 0.9 * SECONDS < (made.duration or 0) < SECONDS - 0.05
    assert worker.notes.keys() == {"made_from_sound", "truncated"}


def _another(place: Path) -> Path:
    found = place.with_name("another")
    found.mkdir()
    return found
