"""What was shown is kept, and what is left follows from it."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from infra import toolchain
from tests.prove import __main__ as prove
from tests.prove import proofs
from tests.prove.state import Shown, left, load, save, seed_of, table
from tests.support.product import PROJECT

SHOWN = Shown(True, 7, "now", "2026-11-28T12:00:00+00:00", 3.0, "50 of 50")
FAILED = replace(SHOWN, shown=False, seed=8)


def test_what_was_never_tried_comes_first_and_what_failed_last() -> None:
    state = {"a": FAILED, "b": SHOWN, "c": replace(SHOWN, version="before")}
    assert left(["a", "b", "c", "d"], state, "now") == ["c", "d", "a"]
    assert left(["b"], state, "now") == []


def test_what_failed_is_tried_with_its_seed_again() -> None:
    state = {"a": FAILED, "b": SHOWN}
    assert [seed_of(name, state, 1) for name in ("a", "b", "c")] == [8, 1, 1]


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "results" / "prove.json"
    assert load(file) == {}
    save(file, {"a": SHOWN, "b": FAILED})
    assert load(file) == {"a": SHOWN, "b": FAILED}
    for broken in ("", "[]", '{"a": {"shown": true}}', '{"a": 1}'):
        file.write_text(broken)
        assert load(file) == {}


def test_the_table_tells_what_was_shown_of_which_code() -> None:
    state = {"a": SHOWN, "bb": FAILED, "c": replace(SHOWN, version="before")}
    told = table(["a", "bb", "c", "d"], state, "now").splitlines()
    assert told[0] == "a   shown, 2026-11-28T12:00:00+00:00, seed 7, 3 s: 50 of 50"
    assert "FAILED, 2026" in told[1]
    assert "shown of other code" in told[2]
    assert told[3] == "d   not tried"


def test_every_folder_of_tests_has_a_proof() -> None:
    # Those of compose need a Docker engine.
    assert proofs.folders_with_tests() - {"compose"} == {*proofs.FOLDERS}


def test_a_run_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, tried = tmp_path / "prove.json", tmp_path / "tried"
    ends = {"one": 0, "two": 1, "three": 5}

    def proof(name: str, seed: int, results: Path) -> proofs.Proof:
        if name == "three" and not file.exists():
            raise AssertionError("the first is to be tried first")
        code = f"open({str(tried)!r}, 'a').write('{name} {seed}\\n'); print('= words ='); "
        argv = (sys.executable, "-c", f"{code} raise SystemExit({ends[name]})")
        return proofs.Proof(name, argv, {}, frozenset({5}))

    monkeypatch.setattr(proofs, "names", lambda: list(ends))
    monkeypatch.setattr(proofs, "proof", proof)
    monkeypatch.setattr(toolchain, "install", lambda: None)
    monkeypatch.setattr(prove, "version", lambda: "now")
    monkeypatch.setattr(sys, "argv", ["prove", "--state", str(file)])

    assert prove.main() == 1
    first = tried.read_text().split()
    assert first[::2] == ["one", "two", "three"]
    assert {name: each["shown"] for name, each in json.loads(file.read_text()).items()} == {
        "one": True, "two": False, "three": True,
    }  # fmt: skip
    assert json.loads(file.read_text())["one"]["words"] == "words"

    ends["two"] = 0
    assert prove.main() == 0
    assert tried.read_text().split() == [*first, "two", first[3]], "only it, with its seed"
    assert prove.main() == 0
    assert len(tried.read_text().splitlines()) == 4


def test_it_tells_what_there_is_to_prove(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.prove", "--list", "--state", str(tmp_path / "none")],
        capture_output=True, text=True, check=True, cwd=PROJECT,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert len(lines) == len(proofs.names())
    assert lines[0].split() == ["I1", "not", "tried"]
