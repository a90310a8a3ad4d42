"""Which ladder a worker has, and that its FFmpeg can make all of it."""

from pathlib import Path
from typing import Any

import pytest

from core.config import ConfigError
from tests.support.settings import Settings
from workers.ffmpeg.capabilities import Capabilities, UnfitFFmpegError, require_encoders
from workers.main import read_ladder
from workers.media.ladder import DEFAULT_LADDER, MISSION_LADDER, Ladder, Rung

RUNG = "[[rung]]\nshort_side = 360\ncrf = 24\nmax_bitrate = 1000000\n"


@pytest.fixture(autouse=True)
def no_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LADDER", raising=False)


def settings(**given: Any) -> Settings:
    return Settings(
        database_url="postgresql://x", redis_url="redis://x", framemill_mode="embedded", **given
    )


def test_a_name_counts_before_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mission").write_text(RUNG)
    (tmp_path / "own").write_text(RUNG)
    assert read_ladder(settings()) == DEFAULT_LADDER
    assert read_ladder(settings(ladder="mission")) == MISSION_LADDER
    for given in ({"ladder": "own"}, {"ladder_file": "own"}, {"ladder_file": "mission"}):
        (rung,) = read_ladder(settings(**given)).rungs
        assert rung.short_side == 360


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"ladder": "misson"}, "LADDER misson: no such file, and no ladder of default and mission"),
        ({"ladder_file": "gone"}, "LADDER_FILE gone: no such file"),
        ({"ladder": "."}, "LADDER .: .*directory"),
        ({"ladder": "bad"}, "LADDER bad: rung: .*no rung has mp4 = true"),
    ],
)
def test_one_that_cannot_be_read_says_why(
    given: dict[str, str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad").write_text(RUNG + "mp4 = false\n")
    with pytest.raises(ConfigError, match=says):
        read_ladder(settings(**given))


def test_a_build_without_an_encoder_says_so() -> None:
    able = Capabilities(converts_color=True, codecs=frozenset({"h264", "hevc"}))
    rungs = (Rung(720, 23, 1, 1), Rung(720, 27, 1, 1, codec="hevc"))
    require_encoders("/f", able, Ladder(rungs=rungs))
    with pytest.raises(UnfitFFmpegError, match="codec av1, and /f lacks libsvtav1"):
        require_encoders("/f", able, Ladder(rungs=(*rungs, Rung(720, 36, 1, 1, codec="av1"))))
