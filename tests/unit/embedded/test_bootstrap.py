import shutil
from pathlib import Path

import pytest

from embedded import bootstrap
from embedded.installer import uv_environment


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose environments are whole for the `dev` profile."""
    (tmp_path / "requirements").mkdir()
    for name in ("dev.txt", "embedded.txt", "emulator.txt", "hatch_dependencies.py"):
        (tmp_path / "requirements" / name).write_text(name)
    (tmp_path / "pyproject.toml").write_text("")
    for environment, profile in ((".venv", "dev"), (".venv-emulator", "emulator")):
        python = tmp_path / environment / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text("")
        python.chmod(0o755)
        stamp(tmp_path, environment, profile)
    return tmp_path


def stamp(root: Path, environment: str, profile: str) -> None:
    bootstrap.write_stamp(root, root / environment, profile)


def test_dev_is_enough_for_both_profiles(project: Path) -> None:
    assert bootstrap.is_current(project, "dev")
    assert bootstrap.is_current(project, "embedded")


def test_embedded_is_not_enough_for_dev(project: Path) -> None:
    stamp(project, ".venv", "embedded")
    assert bootstrap.is_current(project, "embedded")
    assert not bootstrap.is_current(project, "dev")


@pytest.mark.parametrize("changed", ["requirements/dev.txt", "pyproject.toml"])
def test_a_changed_list_means_another_installation(project: Path, changed: str) -> None:
    (project / changed).write_text("changed")
    assert not bootstrap.is_current(project, "dev")


def test_development_tools_stay_when_the_lists_change(project: Path) -> None:
    (project / "pyproject.toml").write_text("changed")
    assert bootstrap.wanted_profile(project / ".venv", "embedded") == "dev"
    stamp(project, ".venv", "embedded")
    assert bootstrap.wanted_profile(project / ".venv", "embedded") == "embedded"
    assert bootstrap.wanted_profile(project / ".venv", "dev") == "dev"
    assert bootstrap.wanted_profile(project / ".none", "embedded") == "embedded"


@pytest.mark.parametrize("lost", [".venv/bin/python", ".venv-emulator", ".venv/.framemill.json"])
def test_a_broken_environment_is_made_again(project: Path, lost: str) -> None:
    path = project / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert not bootstrap.is_current(project, "dev")


def test_pips_settings_reach_uv() -> None:
    config = (
        ":env:.find-links='/more/wheels'\n"
        "global.cert='/etc/ca.pem'\n"
        "global.extra-index-url='file:///one\\nfile:///two'\n"
        "global.find-links='/wheels'\n"
        "global.index-url='file:///index'\n"
    )
    assert uv_environment(config, {}) == {
        "SSL_CERT_FILE": "/etc/ca.pem",
        "UV_FIND_LINKS": "/more/wheels",
        "UV_DEFAULT_INDEX": "file:///index",
        "UV_INDEX": "file:///one file:///two",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_uvs_own_settings_stay() -> None:
    config = "global.index-url='file:///index'\n"
    assert uv_environment(config, {"UV_DEFAULT_INDEX": "file:///mine"}) == {}
