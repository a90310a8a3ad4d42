"""The table of codecs names what FFmpeg knows under that name, and what people send is taken."""

import subprocess

import imageio_ffmpeg
import pytest

from tests.integration.ffmpeg.conftest import Tools
from workers.ffmpeg.capabilities import parse_names
from workers.media.codecs import AUDIO, BESIDE, DECODERS, VIDEO


def listed(option: str) -> frozenset[str]:
    """What a full build lists."""
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", option]
    return parse_names(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


def test_every_decoder_of_the_table_exists() -> None:
    assert DECODERS <= listed("-decoders")


def test_every_codec_of_the_table_exists() -> None:
    assert {*VIDEO, *AUDIO, *BESIDE} - {"srt", "ssa"} <= listed("-codecs")
