"""What makes odd files, what makes renditions of them, and what judges those."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded.stack import Stack
from tests.fidelity.judge.decode import Decoder
from tests.fidelity.transcode import PIPED, Steps, own_decoder
from tests.fidelity.workshop import Workshop


@pytest.fixture(scope="session")
def decoder() -> Decoder:
    return own_decoder()


@pytest.fixture
def shop(decoder: Decoder, tmp_path: Path) -> Workshop:
    return Workshop(decoder.ffmpeg, tmp_path)


@pytest.fixture(scope="session")
def steps(stack: Stack) -> Iterator[Steps]:
    with Steps(stack) as opened:
        yield opened


@pytest.fixture(scope="session")
def piped_steps(stack: Stack) -> Iterator[Steps]:
    """Steps that read a source as it arrives, if that can be done."""
    with Steps(stack, PIPED) as opened:
        yield opened
