"""Closed unless opened: who may have an account, and who reaches what is for operators alone."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from embedded.stack import Stack
from tests.infra.kubernetes.conftest import Refusal, Render
from tests.infra.kubernetes.rendered import CHART, ROOT, Rendered, walk
from tests.infra.kubernetes.test_settings import load, loaded  # noqa: F401 - a fixture
from tests.support.defaults import an_api, check_closed
from tests.support.settings import Settings

SERVICE_PORT, CONTROL_PORT = 8001, 8002
MONITORING = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
}  # fmt: skip


@pytest.fixture
def settings(release: Rendered, tmp_path: Path, loaded: pytest.MonkeyPatch) -> Settings:  # noqa: F811
    """What the API of a release with nothing set reads."""
    found: Settings = load(release, "api", tmp_path, loaded)
    return found


def test_nobody_registers_and_storage_is_bounded_unless_asked(settings: Settings) -> None:
    assert settings.registration == "closed"
    assert settings.user_quota_bytes == 100 * 1024**3


def test_a_real_api_with_these_settings_is_closed(
    release: Rendered, stack: Stack, tmp_path: Path
) -> None:
    with an_api(stack, release.variables("api"), tmp_path) as found:
        check_closed(found)


def test_who_asks_gets_it(render: Render) -> None:
    release = render({"registration": "open", "api.settings": {"USER_QUOTA_BYTES": "0"}})
    found = release.variables("api")
    assert (found["REGISTRATION"], found["USER_QUOTA_BYTES"]) == ("open", "0")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"registration": "yes"}, "/registration"),
        # One place says it, so that it is seen.
        ({"settings": {"REGISTRATION": "open"}}, "REGISTRATION"),
        ({"api.settings": {"REGISTRATION": "open"}}, "REGISTRATION"),
        ({"api.settings": {"SERVICE_PORT": "8000"}}, "SERVICE_PORT"),
        ({"control.settings": {"CONTROL_PORT": "8000"}}, "CONTROL_PORT"),
        ({"networkPolicy.kedaFrom": [{}]}, "/networkPolicy/kedaFrom/0"),
        ({"networkPolicy.kedaFrom": []}, "/networkPolicy/kedaFrom"),
        # Everybody is said by no peer, and must not be said by accident.
        ({"networkPolicy.metricsFrom": [{}]}, "/networkPolicy/metricsFrom/0"),
    ],
)
def test_what_would_open_it_in_passing_is_refused(
    refusal: Refusal, values: dict[str, Any], said: str
) -> None:
    assert said in refusal(values)


def test_probes_reach_the_service_port(release: Rendered, settings: Settings) -> None:
    assert (settings.service_host, settings.service_port) == ("0.0.0.0", SERVICE_PORT)
    [api] = release.pods()["api"]["spec"]["containers"]
    ports = {each["name"]: each["containerPort"] for each in api["ports"]}
    assert ports == {"http": settings.port, "service": SERVICE_PORT}
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert api[probe]["httpGet"]["port"] == "service", probe
    text = (ROOT / "backend" / "Dockerfile").read_text()
    assert f" SERVICE_PORT={SERVICE_PORT}\n" in text


def test_the_ingress_names_the_service_port_nowhere(release: Rendered) -> None:
    [metrics] = [
        port
        for port in release.one("Service", "api")["spec"]["ports"]
        if port["targetPort"] == "service"
    ]
    assert (metrics["name"], metrics["port"]) == ("metrics", SERVICE_PORT)
    for each in release.of("Service"):
        assert each["spec"].get("type", "ClusterIP") == "ClusterIP"
    [ingress] = release.of("Ingress")
    named = [value["port"] for _, value in walk(ingress)
             if isinstance(value, dict) and "port" in value]  # fmt: skip
    assert len(named) >= 4
    assert all(port == {"name": "http"} for port in named)


def let_in(release: Rendered, component: str) -> dict[int, Any]:
    """Who may come to which port of a component; None for everybody."""
    rules = release.one("NetworkPolicy", component)["spec"].get("ingress", ())
    return {port["port"]: rule.get("from") for rule in rules for port in rule["ports"]}


def test_only_who_is_named_comes_to_the_service_port(release: Rendered, render: Render) -> None:
    assert let_in(release, "api") == {8000: None}
    peers = {"networkPolicy.from": [{"ipBlock": {"cidr": "10.0.0.0/16"}}]}
    assert set(let_in(render(peers), "api")) == {8000}
    opened = render({**peers, "networkPolicy.metricsFrom": [MONITORING]})
    assert let_in(opened, "api")[SERVICE_PORT] == [MONITORING]
    for component in ("page", "control", "worker", "migrations"):
        assert SERVICE_PORT not in let_in(opened, component)
    # What is said of it beside the value is a peer, too.
    text = (CHART / "values.yaml").read_text()
    [example] = re.findall(r"^  #   - (namespaceSelector: .+)$", text, re.MULTILINE)
    assert yaml.safe_load(example) == MONITORING


def test_only_keda_and_who_is_named_come_to_control(release: Rendered, render: Render) -> None:
    keda = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "keda"}}}
    assert let_in(release, "control") == {CONTROL_PORT: [keda]}
    opened = render({"networkPolicy.metricsFrom": [MONITORING]})
    assert let_in(opened, "control") == {CONTROL_PORT: [MONITORING, keda]}
    alone = render({"keda.enabled": False})
    assert let_in(alone, "control") == {}  # which is nobody: the policy is about who comes in, too
    [container] = release.pods()["control"]["spec"]["containers"]
    assert [each["containerPort"] for each in container["ports"]] == [CONTROL_PORT]
    assert release.variables("control")["CONTROL_PORT"] == str(CONTROL_PORT)
    [port] = release.one("Service", "control")["spec"]["ports"]
    assert (port["port"], port["targetPort"]) == (CONTROL_PORT, "metrics")


def test_who_installs_is_told_how_the_first_account_is_made(helm: Any) -> None:
    notes = helm({})["files"]["framemill/templates/NOTES.txt"]
    assert "Registration: closed." in notes
    command = "exec --stdin --tty deploy/films-api"
    assert command in notes
    assert "python -m backend.admin create" in notes
    guide = (ROOT / "docs" / "deploy-kubernetes.md").read_text()
    assert command.replace("films", "framemill") in guide
