from pathlib import Path

import imageio_ffmpeg
import pytest

from embedded.errors import StackError
from embedded.ffmpeg import find_tools, parse_version


@pytest.mark.parametrize(
    ("banner", "version"),
    [
        ("ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026", (5, 1)),
        ("ffprobe version n7.0 Copyright", (7, 0)),
        ("ffmpeg version N-118193-g5f38c82536 Copyright", None),
        ("something else", None),
        ("", None),
    ],
)
def test_version_of_a_banner(banner: str, version: tuple[int, int] | None) -> None:
    assert parse_version(banner) == version


def _program(folder: Path, name: str, version: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{name} version {version} Copyright'\n")
    path.chmod(0o755)
    return path


def test_new_enough_programs_of_path_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = [_program(tmp_path, name, "5.1") for name in ("ffmpeg", "ffprobe")]
    monkeypatch.setenv("PATH", str(tmp_path))
    tools = find_tools.__wrapped__()
    assert [tools.ffmpeg, tools.ffprobe] == ours
    assert tools.environment == {"FFMPEG_PATH": str(ours[0]), "FFPROBE_PATH": str(ours[1])}


@pytest.mark.parametrize("old", ["ffmpeg", "ffprobe"])
def test_one_old_program_means_neither_is_used(
    old: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ffmpeg", "ffprobe"):
        _program(tmp_path, name, "4.4.2" if name == old else "7.1")
    monkeypatch.setenv("PATH", str(tmp_path))
    tools = find_tools.__wrapped__()
    assert tmp_path not in (tools.ffmpeg.parent, tools.ffprobe.parent)
    assert tools.ffmpeg.exists()
    assert tools.ffprobe.exists()


def test_one_that_does_not_run_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a Ctrl-C ends it while it is tried."""

    def ended() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", ended)
    with pytest.raises(StackError, match="FFmpeg does not run"):
        find_tools.__wrapped__()
