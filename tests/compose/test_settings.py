"""What is wrong is told in one clear sentence, where the operator looks: in the logs."""

import shutil
from pathlib import Path

import pytest

from tests.compose.project import ASK_READY, ROOT, Project, a_project

SETTINGS = ("docker-compose.yml", "core/.env.example", "backend/.env.example",
            "control/.env.example", "workers/.env.example", "frontend/.env.example")  # fmt: skip
WRONG_URL = "postgresql://framemill:wrong@postgres:5432/framemill"


@pytest.fixture
def edited(project: Project, tmp_path: Path) -> Project:
    """The same containers, with settings that a test may write beside a copy of the file."""
    for name in SETTINGS:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return Project(project.name, project.variables, tmp_path)


def said(project: Project, service: str, *command: str) -> tuple[int, list[str]]:
    """Run a service alone; return its status, and the lines that it wrote."""
    arguments = ("run", "--rm", "--no-deps", "--no-TTY", service, *command)
    done = project.run(*arguments, check=False, seconds=60)
    return done.returncode, [line for line in done.stderr.splitlines() if "Container" not in line]


@pytest.mark.parametrize(
    ("service", "line", "sentence"),
    [
        ("backend", "JWT_KEYS_FILE=", "framemill: JWT_KEYS is not set"),
        ("backend", "DATABASE_URL_FILE=", "framemill: DATABASE_URL is not set"),
        ("worker", "REDIS_URL_FILE=", "framemill: REDIS_URL is not set"),
        ("control", "REDIS_URL_FILE=", "framemill: REDIS_URL is not set"),
        (
            "backend",
            "JWT_KEYS=k1:change-me-change-me-change-me-change-me",
            "framemill: JWT_KEYS: the secret of 'k1' is a placeholder; make a new one",
        ),
        (
            "backend",
            "JWT_KEYS=k1:tooshort",
            "framemill: JWT_KEYS: the secret of 'k1' has fewer than 32 bytes",
        ),
        (
            "worker",
            "DATABASE_URL_FILE=/nowhere",
            "framemill: DATABASE_URL_FILE: /nowhere cannot be read: No such file or directory",
        ),
        ("migrate", f"DATABASE_URL={WRONG_URL}",
         'framemill: the database refused: password authentication failed for user "framemill"'),
        ("frontend", "API_URL=not an address",
         "framemill: API_URL must look like https://host:port, not 'not an address'."),
        ("frontend", "S3_ORIGINS=http://a.example/path",
         "framemill: S3_ORIGINS must look like https://host:port, not 'http://a.example/path'."),
        ("frontend", "S3_ORIGINS=http://a.example; script-src *",
         "framemill: S3_ORIGINS must look like https://host:port, not 'http://a.example;'."),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_one_sentence(
    edited: Project, service: str, line: str, sentence: str
) -> None:
    folder = {"worker": "workers", "migrate": "backend"}.get(service, service)
    (edited.directory / folder / ".env").write_text(f"{line}\n")
    status, lines = said(edited, service)
    assert status == 1
    assert lines == [sentence]


@pytest.mark.parametrize("part", ["postgres", "redis"])
def test_a_wrong_password_is_named_by_readyz_and_in_the_log(edited: Project, part: str) -> None:
    wrong = {
        "postgres": f"DATABASE_URL={WRONG_URL}",
        "redis": "REDIS_URL=redis://:wrong@redis:6379/0",
    }
    (edited.directory / "backend" / ".env").write_text(f"{wrong[part]}\n")
    done = edited.run("run", "--rm", "--no-deps", "--no-TTY", "backend", "sh", "-c", ASK_READY,
                      check=False)  # fmt: skip
    assert f"Not answering: {part}." in done.stdout
    assert "Traceback" not in done.stderr
    assert '"event":"not_ready"' in done.stderr


def test_a_taken_port_is_named(project: Project) -> None:
    with a_project("framemill-taken", {"PAGE_PORT": project.variables["PAGE_PORT"]}) as second:
        done = second.run("up", "--detach", "--no-deps", "frontend", check=False)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert project.variables["PAGE_PORT"] in last
    assert "already" in last
