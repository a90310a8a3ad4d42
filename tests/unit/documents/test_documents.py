"""What documents point at is there: links, headings, paths, names, commands, settings."""

import re
from pathlib import Path

import pytest

from embedded.bootstrap import ROOT
from tests.support.settings import Settings

_FOLDERS = (
    r"\.ci|backend|bench|client|containers|control|core|docs|embedded|frontend|infra|localstack|requirements"
    r"|tests|workers"
)
_PATH = re.compile(rf"(?<![\w/.$-])((?:{_FOLDERS})/(?:[\w.-]+/?)*)(?:::(\w+))?(?![\w*{{])")
# Made by a command or by a person, so not there in a clean checkout.
_MADE = re.compile(r"/\.env$|^bench/results|^frontend/dist")
_NAMED = re.compile(r"`(\w+)` (?:and `(\w+)` )?in `([\w/]+\.py)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "infra/kubernetes/README.md"]
)


@pytest.fixture(params=DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def document(request: pytest.FixtureRequest) -> Path:
    path = request.param
    assert isinstance(path, Path)
    return path


def headings(path: Path) -> set[str]:
    """The anchors of a page, made as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", _FENCE.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in found}


def test_links_lead_somewhere(document: Path) -> None:
    for link in _LINK.findall(_FENCE.sub("", document.read_text())):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), link
        if anchor:
            assert anchor in headings(target), link


def test_paths_are_there(document: Path) -> None:
    for path, test in _PATH.findall(document.read_text()):
        path = path.rstrip(".")
        if _MADE.search(path):
            continue
        assert (ROOT / path).exists(), path
        if test:
            assert f"def {test}(" in (ROOT / path).read_text(), f"{path}::{test}"


def test_names_are_in_the_files_that_are_named(document: Path) -> None:
    for first, second, path in _NAMED.findall(document.read_text()):
        source = (ROOT / path).read_text()
        for name in filter(None, (first, second)):
            assert re.search(rf"\b(def|class) {name}\b|^\s+{name}: ", source, re.MULTILINE), name


def test_commands_of_make_exist(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][\w -]*):", makefile, re.MULTILINE))
    known = {name for line in targets for name in line.split()}
    text = document.read_text()
    shown = "\n".join([*_FENCE.findall(text), *re.findall(r"`([^`\n]+)`", _FENCE.sub("", text))])
    asked = re.findall(r"(?:^|&& |: )make ([a-z][\w-]*)", shown, re.MULTILINE)
    assert set(asked) <= known


def test_tests_that_are_named_exist(document: Path) -> None:
    for name in re.findall(r"`(test_\w+\.py)`", document.read_text()):
        assert list((ROOT / "tests").rglob(name)), name


def test_modules_that_are_run_exist(document: Path) -> None:
    for module in re.findall(rf"-m ((?:{_FOLDERS})[\w.]*)", document.read_text()):
        path = ROOT / module.rstrip(".").replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


def test_settings_that_are_explained_exist() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    section = page.partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ((?:`[A-Z0-9_]+` ?)+)\|", section, re.MULTILINE)
    names = {name for row in rows for name in re.findall(r"[A-Z0-9_]+", row)}
    assert len(names) > 60
    assert names <= {name.upper() for name in Settings.model_fields}


def test_the_index_lists_every_document() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    for path in (ROOT / "docs").rglob("*.md"):
        name = path.relative_to(ROOT / "docs").as_posix()
        assert name == "README.md" or f"({name})" in index, name


def test_the_glossary_says_once_of_each_word_where_it_is_in_the_code() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text()
    rows = re.findall(r"^\| (\w[\w ]*) \| .+ \| `", page, re.MULTILINE)
    assert len(rows) == len({*rows}) == page.count("\n| ") - 1 > 20


def test_all_that_serves_the_release_before_is_listed() -> None:
    told = (ROOT / "docs/next-release.md").read_text()
    migrations = "".join(
        path.read_text() for path in (ROOT / "core/migrations/versions").glob("*.py")
    )
    made = re.findall(r"CREATE (?:OR REPLACE )?(?:TRIGGER|FUNCTION) (rollout_\w+)", migrations)
    assert len(set(made)) >= 8
    tables = re.findall(
        r"^class (\w+)", (ROOT / "core/model/tables/release_before.py").read_text(), re.MULTILINE
    )
    assert [name for name in {*made, *tables} if f"`{name}`" not in told] == []
