"""The table of codecs names what FFmpeg knows under that name."""

import subprocess

import imageio_ffmpeg

from workers.media.codecs import AUDIO, BESIDE, DECODERS, VIDEO
from workers.media.limits import FORMATS


def listed(option: str) -> set[str]:
    """What a full build lists."""
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", option]
    told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    return {words[1] for line in told.splitlines() if len(words := line.split()) > 2}


def test_every_decoder_of_the_table_exists() -> None:
    assert listed("-decoders") >= DECODERS


def test_every_container_exists() -> None:
    assert {name for names in listed("-demuxers") for name in names.split(",")} >= FORMATS


def test_every_codec_of_the_table_exists() -> None:
    assert listed("-codecs") >= {*VIDEO, *AUDIO, *BESIDE}
