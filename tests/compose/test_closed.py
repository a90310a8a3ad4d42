"""Closed unless opened: what docker-compose.yml lets in when nothing is set."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from embedded.stack import Stack
from tests.compose.browser import Browser
from tests.compose.project import ROOT, Project, a_project
from tests.support.defaults import OPERATORS, an_api, check_closed, check_first_account
from tests.support.product import PASSWORD
from tests.support.settings import Settings

pytestmark = pytest.mark.thorough("a real API for what the settings say")

SERVICE_PORT = Settings.model_fields["service_port"].default
# What is published, by service: the ports within its container.
PUBLISHED = {"backend": {8000}, "frontend": {8080}, "localstack": {4566}, "s3": {4566}}
NOTHING_SET = {"REGISTRATION": "", "USER_QUOTA_BYTES": ""}
_VARIABLE = re.compile(r"\$\{(\w+):-([^{}]*)\}")


def filled(text: str, variables: Mapping[str, str]) -> str:
    """Put variables into a text as Compose does: an empty one has its default."""
    while _VARIABLE.search(text):
        text = _VARIABLE.sub(lambda found: variables.get(found[1]) or found[2], text)
    return text


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that the API gets from its examples."""
    examples = (ROOT / name / ".env.example" for name in ("core", "backend"))
    text = filled("".join(each.read_text() for each in examples), variables)
    return dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", text, re.MULTILINE))


def settings(variables: Mapping[str, str]) -> Settings:
    given = {name.lower(): value for name, value in environment(variables).items() if value}
    urls = {"database_url": "postgresql://x/x", "redis_url": "redis://x"}
    return Settings.model_validate({**given, **urls})


@pytest.mark.parametrize("variables", [{}, NOTHING_SET])
def test_nobody_registers_and_storage_is_bounded_unless_asked(variables: dict[str, str]) -> None:
    # The example says so itself, so that it is seen where it is changed.
    assert {"REGISTRATION", "USER_QUOTA_BYTES"} <= {*environment(variables)}
    found = settings(variables)
    assert found.registration == "closed"
    assert found.user_quota_bytes == 100 * 1024**3


def test_who_asks_gets_it() -> None:
    found = settings({"REGISTRATION": "invite", "USER_QUOTA_BYTES": "5GiB"})
    assert (found.registration, found.user_quota_bytes) == ("invite", 5 * 1024**3)


def test_the_service_port_is_published_nowhere() -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name, service in services.items():
        ports = {int(port.rpartition(":")[2]) for port in service.get("ports", ())}
        assert ports == PUBLISHED.get(name, set()), name
        assert service.get("network_mode") != "host"
        assert not {"SERVICE_HOST", "SERVICE_PORT"} & {*service.get("environment", ())}
    found = settings({})
    # The health check asks from within, so nobody else has to be let in.
    assert (found.service_host, found.service_port) == ("127.0.0.1", SERVICE_PORT)
    assert services["backend"]["healthcheck"]["test"][-1] == "/readyz"


def test_images_expose_the_ports_of_people_alone() -> None:
    for folder, port in (("backend", "8000"), ("frontend", "8080"), ("workers", None)):
        text = (ROOT / folder / "Dockerfile").read_text()
        assert re.findall(r"^EXPOSE (.+)$", text, re.MULTILINE) == ([port] if port else [])
        assert "SERVICE_HOST=" not in text, "who needs it open says so"


def test_the_page_hands_nothing_on_and_is_not_taken_for_the_api() -> None:
    files = [path for path in (ROOT / "frontend" / "nginx").rglob("*") if path.is_file()]
    assert len(files) >= 4
    for path in files:
        assert not re.search(r"^\s*\w+_pass\s", path.read_text(), re.MULTILINE), path
    site = (ROOT / "frontend" / "nginx" / "templates" / "site.conf.template").read_text()
    assert "location ~ ^/(readyz|metrics)$ {\n        return 404;" in site


def test_a_real_api_with_these_settings_is_closed(stack: Stack, tmp_path: Path) -> None:
    with an_api(stack, environment({}), tmp_path) as found:
        check_closed(found)
        check_first_account(found)
        assert str(found.opened()["service"]).startswith("127.0.0.1:")


@pytest.fixture(scope="module")
def closed(engine: None) -> Iterator[Project]:
    """The API and the page, with nothing set but ports."""
    with a_project("framemill-closed", NOTHING_SET) as found:
        found.up("--build", "frontend")
        yield found


def test_strangers_are_refused_through_the_published_ports(closed: Project) -> None:
    with Browser(closed.page, closed.api) as stranger:
        assert stranger.call("GET", "/v1/auth/registration").json() == {"registration": "closed"}
        body = {"email": "stranger@example.com", "password": PASSWORD}
        refused = stranger.call("POST", "/v1/auth/register", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "registration_closed")


def test_what_is_for_operators_answers_inside_alone(closed: Project) -> None:
    for address in (closed.api, closed.page):
        with httpx.Client(base_url=address, trust_env=False) as http:
            assert {path: http.get(path).status_code for path in OPERATORS} == dict.fromkeys(
                OPERATORS, 404
            )
    assert httpx.get(f"{closed.api}/healthz", trust_env=False).status_code == 200
    published = closed.inspect("backend")["HostConfig"]["PortBindings"]
    assert {*published} == {"8000/tcp"}
    for path in OPERATORS:
        closed.run("exec", "-T", "backend", "python", "-m", "backend.health.probe", path)
    # Not even from beside it, where workers read strangers' films.
    script = f"import socket; socket.create_connection(('backend', {SERVICE_PORT}), 5)"
    beside = closed.run("run", "--rm", "--no-deps", "--no-TTY", "backend", "python", "-c", script,
                        check=False)  # fmt: skip
    assert "ConnectionRefusedError" in beside.stderr


def test_the_first_account_is_made_by_command_and_lets_others_in(
    closed: Project, tmp_path: Path
) -> None:
    def make(email: str) -> Any:
        return closed.run("exec", "-T", "backend", "python", "-m", "backend.admin", "create", email,
                          given=f"{PASSWORD}\n", check=False)  # fmt: skip

    email = "admin@example.com"
    assert make(email).returncode == 0
    again = make(email)
    assert again.returncode != 0
    assert "Traceback" not in again.stdout + again.stderr
    with Browser(closed.page, closed.api) as admin:
        admin.email = email
        admin.log_in()
        assert admin.call("GET", "/v1/me").json()["role"] == "admin"
        invite = admin.call("POST", "/v1/admin/invites", json={})
        assert invite.status_code == 201, invite.text
