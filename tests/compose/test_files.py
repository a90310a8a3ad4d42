"""What can be seen of the images and of docker-compose.yml without an engine."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from containers.take_ffmpeg import complain
from tests.support.settings import variables_of

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILES = [ROOT / name / "Dockerfile" for name in ("backend", "workers", "frontend")]
SDK = {"AWS_SHARED_CREDENTIALS_FILE"}
SECRETS = {"DATABASE_URL", "REDIS_URL", "JWT_KEYS"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return found


def names_of(file: Path) -> list[str]:
    return re.findall(r"^([A-Z0-9_]+)=", file.read_text(), re.MULTILINE)


def pins_of(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[^\]]*\])?==([^ ]+)", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("folder", "process"), [("backend", "api"), ("control", "control"), ("workers", "worker")]
)
def test_the_examples_name_settings_that_their_process_reads(folder: str, process: str) -> None:
    known = variables_of(process) | SDK
    known |= {f"{name}_FILE" for name in SECRETS}
    names = [name for each in ("core", folder) for name in names_of(ROOT / each / ".env.example")]
    assert set(names) <= known
    assert len(names) == len(set(names))
    assert not SECRETS & set(names), "a secret would stand in the repository"


def test_what_they_share_is_written_once_and_read_by_all(services: dict[str, Any]) -> None:
    """Else control looks for films in another store than the one that they were put into."""
    own = {"backend": "backend", "migrate": "backend", "control": "control", "worker": "workers"}
    for name, folder in own.items():
        read = services[name]["env_file"]
        paths = [each["path"] if isinstance(each, dict) else each for each in read]
        files = ".env.example", ".env"
        assert paths == [f"{each}/{file}" for each in ("core", folder) for file in files], name
    shared = r"(AWS_|S3_BUCKET|SQS_|DATABASE_|REDIS_)"
    for folder in {*own.values()}:
        names = names_of(ROOT / folder / ".env.example")
        assert not [name for name in names if re.match(shared, name)], folder


@pytest.mark.parametrize(("image", "whole"), [("backend", "runtime"), ("worker", "runtime"),
                                              ("ffmpeg", "embedded")])  # fmt: skip
def test_images_hold_the_versions_that_are_tested(image: str, whole: str) -> None:
    pins, known = pins_of(image), pins_of(whole)
    assert pins
    assert {name: known.get(name) for name in pins} == pins


def test_images_lack_what_only_the_client_needs() -> None:
    for image in ("backend", "worker"):
        assert not {"rich", "httpx"} & set(pins_of(image))


@pytest.mark.parametrize("file", DOCKERFILES, ids=lambda file: file.parent.name)
def test_dockerfiles_are_pinned_and_need_no_frontend(file: Path) -> None:
    text = file.read_text()
    assert not re.search(r"^#\s*syntax", text, re.MULTILINE)
    bases = [line for line in text.splitlines() if re.match(r"FROM (?!base )", line)]
    assert bases
    for line in bases:
        assert re.search(r":\$\{(\w+)_TAG\}\$\{\1_DIGEST:\+@\$\{\1_DIGEST\}\} AS ", line)
    assert not re.search(r"_TAG=(latest)?$", text, re.MULTILINE)
    assert re.search(r"^USER \d+:\d+$", text, re.MULTILINE)


def test_services_are_held(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["logging"]["options"]["max-size"], name
        assert service["deploy"]["resources"]["limits"].keys() == {"memory", "pids"}, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["restart"] == "no" or "healthcheck" in service or name == "worker", name
        for port in service.get("ports", ()):
            assert port.startswith("${BIND:-127.0.0.1}:"), name
    for name in ("postgres", "redis", "migrate", "control", "worker"):
        assert services[name]["networks"] == ["inside"], name


@pytest.mark.parametrize(
    ("banner", "filters", "wrong"),
    [
        ("ffmpeg version n9.0.2-17 Copyright", " .. libvmaf VV->V x\n .S zscale V->V y", []),
        ("ffmpeg version 6.1 Copyright", " .. libvmaf V x\n .. zscale V y",
         ["ffmpeg 6 is older than 7"]),
        ("ffmpeg version 7.1 Copyright", " .. zscale V->V y", ["ffmpeg lacks libvmaf"]),
        ("ffprobe version n8.1.2 Copyright", None, []),
        ("git-2026", None, ["This is no release of FFmpeg: 'git-2026'"]),
    ],
)  # fmt: skip
def test_an_old_or_poor_ffmpeg_is_refused(
    banner: str, filters: str | None, wrong: list[str]
) -> None:
    assert complain(banner, filters) == wrong


HOOK = ROOT / "frontend" / "nginx" / "docker-entrypoint.d" / "15-framemill.envsh"


def filled(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    names = ("API_URL", "API_SOURCE", "S3_SOURCES")
    shown = " ".join(f'"$FRAMEMILL_{name}"' for name in names)
    script = f'. {HOOK}; printf "%s|%s|%s" {shown}'
    return subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "NGINX_ENVSUBST_OUTPUT_DIR": str(tmp_path), **variables},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("api", "s3", "out"),
    [
        ("", "", "||"),
        ("http://{host}:8000/", "http://localhost:4566",
         "http://$page_host:8000| http://$page_host:8000| http://localhost:4566"),
        ("https://a.example/api", "https://b.s3.eu-west-1.amazonaws.com, https://c.example:9000",
         "https://a.example/api| https://a.example|"
         " https://b.s3.eu-west-1.amazonaws.com https://c.example:9000"),
        ("http://[::1]:8000", "", "http://[::1]:8000| http://[::1]:8000|"),
    ],
)  # fmt: skip
def test_the_page_is_told_its_places(tmp_path: Path, api: str, s3: str, out: str) -> None:
    done = filled(tmp_path, API_URL=api, S3_ORIGINS=s3)
    assert (done.returncode, done.stdout) == (0, out)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_URL", "localhost:8000"),
        ("API_URL", "javascript:alert(1)"),
        ("API_URL", 'http://a";return 200 "'),
        ("API_URL", "http://$host"),
        ("S3_ORIGINS", "http://a.example/path"),
        ("S3_ORIGINS", "*"),
        ("S3_ORIGINS", "http://a.example;"),
    ],
)
def test_nothing_else_gets_into_the_policy(tmp_path: Path, name: str, value: str) -> None:
    done = filled(tmp_path, **{name: value})
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"framemill: {name} must look like https://host:port, not '")


def test_a_second_line_does_not_slip_through(tmp_path: Path) -> None:
    done = filled(tmp_path, API_URL="http://a.example\nx")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "framemill: API_URL must be one line.\n"
