"""Each lane runs what it should, and together they run everything."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.lanes import Lane
from tests.support.product import PROJECT

_TESTS = """
import pytest

def test_quick():
    pass

@pytest.mark.thorough("it takes its time")
def test_long():
    pass

@pytest.mark.sampled(3)
@pytest.mark.parametrize("number", range(10))
def test_some(number):
    pass

@pytest.mark.sampled(3)
@pytest.mark.thorough("and these too")
@pytest.mark.parametrize("number", range(10))
def test_others(number):
    pass

def test_tries(rounds):
    assert rounds(test=1, rest=2, prove=3) == TRIES

@pytest.fixture
def figure():
    return lambda name, value: None

def test_fast(in_time):
    in_time("nothing", 1.0, 0.5)
"""


def run(folder: Path, *arguments: str, seed: int = 1, tries: int = 1) -> list[str]:
    """Return the names of the tests that passed, and `FAILED name` of those that did not."""
    (folder / "test_lanes_of.py").write_text(f"TRIES = {tries}\n{_TESTS}")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.support.lanes", "-p", "no:cacheprovider",
         "-rpfE", "--rootdir", str(folder), str(folder), *arguments],
        cwd=folder, capture_output=True, text=True, check=False,
        env=_environment(seed),
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert f"FRAMEMILL_TEST_SEED={seed}" in done.stdout
    words = [line.split() for line in done.stdout.splitlines() if "::" in line]
    return sorted(
        (w[0] + " " if w[0] != "PASSED" else "") + w[1].partition("::")[2]
        for w in words
        if w[0] in ("PASSED", "FAILED", "ERROR")
    )


def _environment(seed: int) -> dict[str, str]:
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "FRAMEMILL_TEST_SEED": str(seed)}
    return {**os.environ, "PYTHONPATH": str(PROJECT), **alone}


def of(name: str, found: list[str]) -> set[str]:
    return {each for each in found if each.startswith(f"{name}[")}


def test_the_lanes_share_everything_between_them(tmp_path: Path) -> None:
    tries = {Lane.TEST: 1, Lane.REST: 2}
    lanes = {lane: run(tmp_path, "--lane", lane, tries=tries[lane]) for lane in tries}
    assert {"test_quick", "test_tries", "test_fast"} <= {*lanes[Lane.TEST]}
    assert len(of("test_some", lanes[Lane.TEST])) == 3
    assert "test_long" in lanes[Lane.REST]
    assert len(of("test_others", lanes[Lane.REST])) == 3
    assert {*lanes[Lane.TEST]} & {*lanes[Lane.REST]} == {"test_tries"}, "more of the same"
    both = run(tmp_path, "--lane", Lane.ALL, tries=2)
    assert both == sorted({*lanes[Lane.TEST], *lanes[Lane.REST]})


def test_nothing_is_left_out_where_no_lane_is_asked_for(tmp_path: Path) -> None:
    assert len(run(tmp_path)) == 24


def test_a_proof_has_every_parameter_all_tries_and_the_promise_to_the_letter(
    tmp_path: Path,
) -> None:
    found = run(tmp_path, "--lane", Lane.PROVE, tries=3)
    assert len(of("test_some", found)) == len(of("test_others", found)) == 10
    assert {"test_long", "test_tries", "FAILED test_fast"} <= {*found}
    assert "test_quick" not in found


def test_a_seed_chooses_the_same_again_and_another_one_others(tmp_path: Path) -> None:
    chosen = [of("test_some", run(tmp_path, "--lane", "test", seed=seed)) for seed in (1, 1, 2)]
    assert chosen[0] == chosen[1] != chosen[2]


def test_several_processes_choose_the_same(tmp_path: Path) -> None:
    alone = run(tmp_path, "--lane", "test")
    assert run(tmp_path, "--lane", "test", "-p", "xdist", "-n", "2") == alone


@pytest.mark.parametrize("marker", ["thorough", "thorough(7)"])
def test_who_leaves_make_test_must_say_why(tmp_path: Path, marker: str) -> None:
    (tmp_path / "test_it.py").write_text(
        f"import pytest\n@pytest.mark.{marker}\ndef test_it():\n    pass\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.support.lanes", str(tmp_path)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=_environment(1),
    )  # fmt: skip
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "test_it.py::test_it: thorough(reason) has one reason" in done.stdout + done.stderr
