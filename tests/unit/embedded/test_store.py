import socket
import stat
from pathlib import Path

import pytest

from embedded import store
from embedded.errors import StackError


def test_secrets_are_made_once_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    first = store.load_secrets(tmp_path)
    assert store.load_secrets(tmp_path) == first
    assert len(set(first.values())) == len(first)
    assert all(len(value) >= 32 for value in first.values())
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_damaged_secrets_are_reported_and_kept(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{")
    with pytest.raises(StackError, match="damaged"):
        store.load_secrets(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == "{"


def test_ports_are_kept_while_they_are_free(tmp_path: Path) -> None:
    first = store.choose_ports(tmp_path, ["a", "b"])
    assert first["a"] != first["b"]
    assert store.choose_ports(tmp_path, ["a", "b"]) == first
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", first["a"]))
        taken.listen()
        second = store.choose_ports(tmp_path, ["a", "b"])
    assert second["a"] != first["a"]
    assert second["b"] == first["b"]
