"""What the tests of this folder share."""

import socket
from collections.abc import Iterator

import pytest


@pytest.fixture
def nowhere() -> Iterator[int]:
    """A port on which nobody answers, and nobody else will."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
