from pathlib import Path

import pytest

from embedded.room import Room, size


def test_enough_and_too_little(tmp_path: Path) -> None:
    place = tmp_path / "not" / "yet"
    assert Room(place, 1).shortage() is None
    assert Room(place, 0).shortage() is None
    told = Room(place, 10**18).shortage()
    assert told is not None
    assert f"free in {place}, but a worker needs 1000000.0 TB" in told


def test_it_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    room = Room(tmp_path, 10**18)
    room.look()
    room.look()
    assert capsys.readouterr().err.count("Videos wait for free disk: ") == 1
    room.wanted = 0
    room.look()
    room.look()
    assert capsys.readouterr().out == "There is enough free disk again.\n"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (537 * 10**6, "537 MB"), (10**14, "100.0 TB")],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text
