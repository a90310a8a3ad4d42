"""The other tools of the faults do what they say."""

import signal
import subprocess
from pathlib import Path

import pytest

from embedded.ffmpeg import find_tools
from tests.faults import small_disk as small_disks
from tests.faults.clips import FaultClips
from tests.faults.small_disk import NoSmallDisk, small_disk
from tests.faults.standin_ffmpeg import BEHAVIOURS, StandIn, poisoned
from tests.support.waiting import PATIENCE_S, wait_for

MIB = 1024**2


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return FaultClips(tmp_path_factory.mktemp("clips")).quick


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    return StandIn(tmp_path, str(find_tools().ffmpeg))


def encode(stand_in: StandIn, source: Path, target: Path) -> "subprocess.Popen[str]":
    words = ["-v", "error", "-progress", "pipe:1", "-i", str(source), "-c", "copy", str(target)]
    return subprocess.Popen(
        [str(stand_in.path), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_it_is_ffmpeg_unless_told_otherwise(stand_in: StandIn, quick: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(stand_in.path), "-version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("ffmpeg version")
    out, words = (process := encode(stand_in, quick, tmp_path / "out.mp4")).communicate(
        timeout=PATIENCE_S
    )
    assert (process.returncode, words) == (0, "")
    assert "progress=end" in out


@pytest.mark.parametrize(
    ("behaviour", "status", "words"),
    [
        ("crash", -signal.SIGSEGV, ""),
        ("odd", 1, "plutonium"),
        ("full", 1, "No space left on device"),
        ("greedy", 244, "Cannot allocate memory"),
        ("short", 0, ""),
        ("rewriting", 0, ""),
    ],
)
def test_a_poisoned_film_makes_it_end_badly(
    stand_in: StandIn, quick: Path, tmp_path: Path, behaviour: str, status: int, words: str
) -> None:
    bad = poisoned(quick, tmp_path / "bad.mp4", behaviour)
    process = encode(stand_in, bad, tmp_path / "out.mp4")
    _, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == status
    assert words in errors


@pytest.mark.parametrize("behaviour", ["silent", "repeating", "stubborn"])
def test_a_poisoned_film_makes_it_hang(
    stand_in: StandIn, quick: Path, tmp_path: Path, behaviour: str
) -> None:
    bad = poisoned(quick, tmp_path / "bad.mp4", behaviour)
    with encode(stand_in, bad, tmp_path / "out.mp4") as process:
        if behaviour != "silent":
            assert process.stdout is not None
            assert process.stdout.readline() == "frame=7\n"
        process.terminate()
        if behaviour == "stubborn":
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.3)
            process.kill()
        assert process.wait(PATIENCE_S) < 0


def test_a_poisoned_film_is_a_film(quick: Path, tmp_path: Path) -> None:
    for behaviour in BEHAVIOURS:
        bad = poisoned(quick, tmp_path / f"{behaviour}.mp4", behaviour)
        done = subprocess.run(
            [str(find_tools().ffmpeg), "-v", "error", "-i", str(bad), "-f", "null", "-"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stderr == ""


def test_all_runs_can_be_told_at_once(stand_in: StandIn, quick: Path, tmp_path: Path) -> None:
    stand_in.all("odd")
    with encode(stand_in, quick, tmp_path / "one.mp4") as process:
        assert process.wait(PATIENCE_S) == 1
    stand_in.all(None)
    with encode(stand_in, quick, tmp_path / "two.mp4") as process:
        assert process.wait(PATIENCE_S) == 0


@pytest.mark.parametrize("way", small_disks.WAYS, ids=["root", "user namespace"])
def test_a_small_disk_fills_and_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: tuple[str, ...]
) -> None:
    monkeypatch.setattr(small_disks, "WAYS", (way,))
    try:
        with small_disk(tmp_path / "disk", 4 * MIB) as disk:
            assert 3 * MIB < disk.free <= 4 * MIB
            disk.fill(leave=MIB)
            with pytest.raises(OSError, match="No space left"):
                (disk.path / "file").write_bytes(bytes(2 * MIB))
            disk.empty()
            (disk.path / "file").write_bytes(bytes(2 * MIB))
            assert disk.left_behind() == [disk.path / "file"]
            assert list((tmp_path / "disk").iterdir()) == [], "nobody else sees it"
    except NoSmallDisk as reason:
        pytest.skip(str(reason))
    wait_for(lambda: not disk.path.exists())


def test_where_none_may_be_mounted_it_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = ("sh", "-c", "echo not for you >&2; exit 1")
    monkeypatch.setattr(small_disks, "WAYS", (refusing, ("/no/such/program",)))
    with pytest.raises(NoSmallDisk, match=r"not for you; .*No such file"), small_disk(tmp_path):
        pass
