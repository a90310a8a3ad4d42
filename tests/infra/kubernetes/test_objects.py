"""Objects fit together, and fit the images that they run."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from backend.app import create_app
from tests.infra.kubernetes.conftest import Render
from tests.infra.kubernetes.rendered import CHART, ROOT, Object, Rendered, component_of, walk
from tests.support.settings import Settings

# The Dockerfile that a pod's image is built from.
DOCKERFILES = {
    "api": "backend",
    "control": "backend",
    "migrations": "backend",
    "worker": "workers",
    "page": "frontend",
}
# What the operator makes; docs/deploy-kubernetes.md says how.
OF_THE_OPERATOR = {"Secret": {"framemill-connections", "framemill-signing"}}
DOCS = (ROOT / "docs" / "deploy-kubernetes.md").read_text()


def dockerfile(component: str) -> str:
    return (ROOT / DOCKERFILES[component] / "Dockerfile").read_text()


def references(pod: Object) -> Iterator[tuple[str, str]]:
    """What a pod names of other objects, as kind and name."""
    spec = pod["spec"]
    if "serviceAccountName" in spec:
        yield "ServiceAccount", spec["serviceAccountName"]
    for _, value in walk(spec):
        if isinstance(value, dict):
            for key, kind in (("configMapRef", "ConfigMap"), ("secret", "Secret")):
                if key in value:
                    yield kind, value[key].get("name") or value[key]["secretName"]


def test_what_a_pod_names_is_there(release: Rendered) -> None:
    made = {(each["kind"], each["metadata"]["name"]) for each in release.objects}
    made |= {(kind, name) for kind, names in OF_THE_OPERATOR.items() for name in names}
    for component, pod in release.pods().items():
        named = set(references(pod))
        assert named or component == "page"
        assert named <= made, component


def test_the_operator_is_told_what_to_make() -> None:
    for names in OF_THE_OPERATOR.values():
        for name in names:
            assert f"create secret generic {name}" in DOCS


def test_the_operator_is_told_which_accounts_need_a_role(release: Rendered) -> None:
    accounts = release.of("ServiceAccount")
    assert len(accounts) == 4
    for each in accounts:
        assert f"`{each['metadata']['name'].replace('films', 'framemill')}`" in DOCS


def test_names_are_given_once(release: Rendered) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in release.objects]
    assert len(names) == len(set(names))
    assert all(name.startswith("films") for _, name in names)


def selectors(release: Rendered) -> Iterator[tuple[str, str, dict[str, str]]]:
    for each in release.objects:
        for path, value in walk(each.get("spec", {})):
            if path.endswith("/matchLabels") and "/namespaceSelector/" not in path:
                yield each["kind"], component_of(each), value
        if each["kind"] == "Service":
            yield "Service", component_of(each), each["spec"]["selector"]


def test_selectors_find_the_pods_of_their_own_component_alone(release: Rendered) -> None:
    labels = {name: pod["metadata"]["labels"] for name, pod in release.pods().items()}
    found = list(selectors(release))
    assert {kind for kind, *_ in found} == {"Deployment", "Service", "PodDisruptionBudget",
                                            "NetworkPolicy"}  # fmt: skip
    for kind, component, selector in found:
        hit = {name for name, given in labels.items() if selector.items() <= given.items()}
        assert hit == {component}, kind


def test_selectors_hold_nothing_that_an_upgrade_changes(release: Rendered) -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    for _, _, selector in selectors(release):
        assert chart["version"] not in selector.values()


def test_two_releases_in_one_namespace_do_not_mix(release: Rendered) -> None:
    for _, _, selector in selectors(release):
        assert selector["app.kubernetes.io/instance"] == "films"


@pytest.mark.parametrize("component", DOCKERFILES)
def test_users_and_folders_are_those_of_the_image(release: Rendered, component: str) -> None:
    pod = release.pods()[component]["spec"]
    security = pod["securityContext"]
    text = dockerfile(component)
    [user] = re.findall(r"^USER (\d+:\d+)$", text, re.MULTILINE)
    assert user == f"{security['runAsUser']}:{security['runAsGroup']}"
    assert security["fsGroup"] == security["runAsGroup"]
    for mount in pod["containers"][0]["volumeMounts"]:
        base = re.search(r"mkdir -p ([^&]*)", text)
        prepared = base[1].split() if base else []
        assert (
            mount["mountPath"] == "/tmp"
            or mount["mountPath"] in prepared
            or (
                # The image has its parent; Kubernetes makes what is mounted.
                mount["mountPath"] == "/var/lib/framemill/secrets"
            )
        )


@pytest.mark.parametrize("component", ["api", "page"])
def test_ports_are_those_of_the_image(release: Rendered, component: str) -> None:
    [container] = release.pods()[component]["spec"]["containers"]
    port = container["ports"][0]
    [exposed] = re.findall(r"^EXPOSE (\d+)$", dockerfile(component), re.MULTILINE)
    assert port["containerPort"] == int(exposed)
    service = release.one("Service", component)["spec"]["ports"][0]
    assert service["targetPort"] == port["name"]
    [rule] = release.one("NetworkPolicy", component)["spec"]["ingress"]
    assert [allowed["port"] for allowed in rule["ports"]] == [port["containerPort"]]


def test_probes_ask_what_the_images_ask(release: Rendered) -> None:
    pods = release.pods()
    for component, pod in pods.items():
        [container] = pod["spec"]["containers"]
        alive = container.get("livenessProbe", {})
        if component == "migrations":
            assert not alive
        elif component in {"control", "worker"}:
            assert alive["exec"]["command"] == ["python", "-m", "core.pulse"]
            assert container["startupProbe"]["exec"] == alive["exec"]
            assert "PULSE_FILE=/tmp/pulse" in dockerfile(component)
        else:
            assert alive["httpGet"]["path"] == "/healthz"
            # Of the API that is its service port.
            assert alive["httpGet"]["port"] == container["ports"][-1]["name"]
            assert "/healthz" in dockerfile(component)


def test_a_part_that_is_away_takes_no_replica_out_but_holds_up_new_ones(release: Rendered) -> None:
    [api] = release.pods()["api"]["spec"]["containers"]
    assert api["readinessProbe"]["httpGet"]["path"] == "/healthz"
    assert api["livenessProbe"]["httpGet"]["path"] == "/healthz"
    start = api["startupProbe"]
    assert start["httpGet"]["path"] == "/readyz"
    # /readyz asks each part for up to 3 s.
    assert start["timeoutSeconds"] > 3
    assert start["periodSeconds"] * start["failureThreshold"] >= 600


def test_who_answers_while_a_part_is_away_can_be_chosen(render: Render) -> None:
    [api] = render({"api.readinessPath": "/readyz"}).pods()["api"]["spec"]["containers"]
    assert api["readinessProbe"]["httpGet"]["path"] == "/readyz"
    assert api["readinessProbe"]["timeoutSeconds"] > 3
    assert api["livenessProbe"]["httpGet"]["path"] == "/healthz"


def test_entrypoints_stay_and_commands_are_known(release: Rendered) -> None:
    for component, pod in release.pods().items():
        [container] = pod["spec"]["containers"]
        # tini is the image's entrypoint; it hands signals on and collects children.
        assert "command" not in container
        assert ("args" in container) == (component in {"control", "migrations"})
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    assert (
        release.pods()["migrations"]["spec"]["containers"][0]["args"]
        == (compose["migrate"]["command"])
    )
    assert (
        release.pods()["control"]["spec"]["containers"][0]["args"]
        == (compose["control"]["command"])
    )


def test_images_are_those_of_this_version(release: Rendered) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == chart["version"] == project["version"]
    for component, service in (("api", "backend"), ("worker", "worker"), ("page", "frontend")):
        [container] = release.pods()[component]["spec"]["containers"]
        repository = compose[service]["image"].partition(":")[0]
        assert container["image"].endswith(f".com/{repository}:{project['version']}")
    pods = release.pods()
    assert image_of(pods["migrations"]) == image_of(pods["control"]) == image_of(pods["api"])


def image_of(pod: Object) -> str:
    return str(pod["spec"]["containers"][0]["image"])


def test_a_digest_says_what_runs(render: Render) -> None:
    digest = "sha256:" + 64 * "a"
    release = render({"image.tag": "1.2", "image.api.digest": digest})
    assert image_of(release.pods()["api"]).endswith(f"framemill/backend:1.2@{digest}")
    assert image_of(release.pods()["worker"]).endswith("framemill/worker:1.2")


def routes(release: Rendered) -> list[tuple[str, str, str]]:
    [rule] = release.of("Ingress")[0]["spec"]["rules"]
    return [
        (path["path"], path["pathType"], path["backend"]["service"]["name"])
        for path in rule["http"]["paths"]
    ]


def where(found: list[tuple[str, str, str]], path: str) -> str:
    """The Service that an Ingress sends a path to: the longest rule that fits."""
    fits = [
        (len(rule), name)
        for rule, kind, name in found
        if path == rule or (kind == "Prefix" and (path + "/").startswith(rule.rstrip("/") + "/"))
    ]
    return max(fits)[1]


def test_the_ingress_leads_to_services_and_ports_that_are_there(release: Rendered) -> None:
    services = {each["metadata"]["name"]: each["spec"]["ports"] for each in release.of("Service")}
    for _, value in walk(release.of("Ingress")[0]):
        if isinstance(value, dict) and "service" in value:
            service = value["service"]
            assert service["port"]["name"] in {port["name"] for port in services[service["name"]]}


def test_what_the_api_answers_gets_to_it_but_what_is_for_operators(release: Rendered) -> None:
    found = routes(release)
    app = create_app(
        Settings.model_validate({"database_url": "postgresql://x/x", "redis_url": "redis://x"})
    )
    paths = {getattr(route, "path", "").partition("{")[0].rstrip("/") for route in app.routes}
    hidden = {"/metrics", "/healthz", "/readyz"}
    for path in (paths | hidden) - {""}:
        wanted = "films-page" if path in hidden else "films-api"
        assert where(found, path) == wanted, path
    assert where(found, "/") == where(found, "/videos/1") == "films-page"


def test_without_a_page_nothing_of_it_is_there(render: Render) -> None:
    release = render({"page.enabled": False})
    assert not [each for each in release.objects if component_of(each) == "page"]
    assert "films-page" not in {name for *_, name in routes(release)}


def test_notes_say_where_the_page_is(helm: Any) -> None:
    notes = helm({})["files"]["framemill/templates/NOTES.txt"]
    assert "https://films.example" in notes
    assert "Workers: 0 to 10" in notes
