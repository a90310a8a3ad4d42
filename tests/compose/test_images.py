"""What the images are made of, and how their containers are held."""

import subprocess
from collections.abc import Callable

import pytest

from containers.take_ffmpeg import complain
from tests.compose.project import Project, inspect

OURS = ("backend", "worker", "frontend")
ALWAYS_ON = (*OURS, "postgres", "redis", "localstack")
# What an image adds to its base, at the most, in MB. The limits of the whole images, 250 and 450,
# less the 125 of python:3.13-slim.
ADDED = {"backend": 125, "worker": 325, "frontend": 15}
BASES = {
    "backend": "python:3.13-slim-trixie",
    "worker": "python:3.13-slim-trixie",
    "frontend": "nginxinc/nginx-unprivileged:1.29-alpine",
}


@pytest.mark.parametrize("service", OURS)
def test_images_are_small(
    project: Project, service: str, figure: Callable[[str, object], None]
) -> None:
    size = inspect(f"framemill/{service}:local")["Size"]
    added = (size - inspect(BASES[service])["Size"]) / 1e6
    figure(f"the image of {service}: whole, and added to its base, in MB",
           f"{size / 1e6:.0f}, {added:.0f}")  # fmt: skip
    assert added <= ADDED[service]


@pytest.mark.parametrize("service", OURS)
def test_images_say_what_they_are(project: Project, service: str) -> None:
    config = inspect(f"framemill/{service}:local")["Config"]
    labels = config["Labels"]
    for name in ("title", "description", "version", "revision"):
        assert labels[f"org.opencontainers.image.{name}"]
    assert config["User"].split(":")[0] not in ("", "0", "root")
    assert config["Healthcheck"]["Test"]
    assert config["Entrypoint"][0] == "/usr/bin/tini"


@pytest.mark.parametrize("service", ALWAYS_ON)
def test_containers_are_held_tight(project: Project, service: str) -> None:
    found = inspect(project.containers(service)[0])
    host = found["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["CapAdd"]
    assert not host["Privileged"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert host["LogConfig"] == {
        "Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}
    }  # fmt: skip
    for bindings in (host["PortBindings"] or {}).values():
        assert {each["HostIp"] for each in bindings} == {"127.0.0.1"}
    if service != "localstack":
        assert host["ReadonlyRootfs"]
        assert project.run("exec", "-T", service, "id", "-u").stdout.strip() != "0"


@pytest.mark.parametrize("service", OURS)
def test_only_what_must_be_is_writable(project: Project, service: str) -> None:
    for place in ("/", "/app", "/etc", "/usr/local/bin", "/opt"):
        refused = project.run("exec", "-T", service, "touch", f"{place}/here", check=False)
        assert refused.returncode != 0
    project.run("exec", "-T", service, "touch", "/tmp/here")


def test_the_init_reaps_orphans(project: Project) -> None:
    # A child that is left by its parent, and then ends.
    project.run("exec", "-T", "worker", "sh", "-c", "(sleep 0.2 &) ; exit 0")
    script = "sleep 1; grep -l '^State:.Z' /proc/[0-9]*/status || true"
    assert project.run("exec", "-T", "worker", "sh", "-c", script).stdout.strip() == ""


def test_the_worker_has_a_current_ffmpeg(project: Project) -> None:
    def ask(*arguments: str) -> str:
        return project.run("exec", "-T", "worker", *arguments).stdout

    assert complain(ask("ffmpeg", "-version"), ask("ffmpeg", "-hide_banner", "-filters")) == []
    assert complain(ask("ffprobe", "-version")) == []


def test_the_worker_has_no_way_out_and_no_signing_key(project: Project) -> None:
    networks = set(project.inspect("worker")["NetworkSettings"]["Networks"])
    assert networks == {f"{project.name}_inside"}
    assert inspect(f"{project.name}_inside")["Internal"]
    script = "import socket; socket.create_connection(('1.1.1.1', 53), 2)"
    assert project.run("exec", "-T", "worker", "python", "-c", script, check=False).returncode != 0
    assert project.run(
        "exec", "-T", "worker", "ls", "/var/lib/framemill/keys", check=False
    ).returncode


def test_no_secret_is_in_an_image_or_an_environment(project: Project) -> None:
    shown = project.run("exec", "-T", "backend", "cat", "/var/lib/framemill/keys/jwt-keys",
                        "/var/lib/framemill/secrets/database-password").stdout  # fmt: skip
    key, password = shown.strip().partition(":")[2][:48], shown.strip()[-48:]
    for service in OURS:
        known = str(project.inspect(service))
        history = subprocess.run(
            ["docker", "history", "--no-trunc", f"framemill/{service}:local"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert key not in known + history
        assert password not in known + history
