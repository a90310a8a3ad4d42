import pytest

from client import words
from client.models import Loudness


@pytest.mark.parametrize(
    ("count", "text"),
    [(None, "-"), (0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 * 1024**4, "5.0 TiB")],
)
def test_size(count: int | None, text: str) -> None:
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "-"), (0.4, "0:00"), (59.6, "1:00"), (3723, "1:02:03")]
)
def test_clock(seconds: float | None, text: str) -> None:
    assert words.clock(seconds) == text


@pytest.mark.parametrize(
    ("bits", "text"), [(None, "-"), (900_000, "900 kbit/s"), (2_400_000, "2.40 Mbit/s")]
)
def test_bitrate(bits: float | None, text: str) -> None:
    assert words.bitrate(bits) == text


def test_table() -> None:
    assert words.table(("A", "LONG"), [("xyz", "1"), ("", "2")]) == "A    LONG\nxyz  1\n     2"


def test_loudness() -> None:
    text = words.loudness(Loudness(-23.04, -1.0, 7.5))
    assert text == "Loudness: -23.04 LUFS, peak -1.0 dBTP, range 7.5 LU"


def test_names_cannot_steer_the_terminal() -> None:
    assert words.printable("a\x1b[31m\nb\u202ec é") == "a\ufffd[31m\ufffdb\ufffdc é"
