"""Pods hold no more than they need: Pod Security Standard "restricted" and then some."""

import pytest
import yaml

from tests.infra.kubernetes.conftest import Render
from tests.infra.kubernetes.rendered import ROOT, Object, Rendered, walk

COMPONENTS = ("api", "control", "worker", "page", "migrations")
AGENT = "169.254.170.23/32"  # of EKS Pod Identity
NODE = "169.254.169.254"  # the node's own metadata, its credentials among them


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_pod_is_restricted(release: Rendered, component: str) -> None:
    spec = release.pods()[component]["spec"]
    security = spec["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] > 0
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {
        "hostNetwork",
        "hostPID",
        "hostIPC",
        "initContainers",
        "shareProcessNamespace",
    } & set(spec)
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert not any("hostPort" in port for port in container.get("ports", ()))


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_pod_has_no_word_with_kubernetes(release: Rendered, component: str) -> None:
    spec = release.pods()[component]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["enableServiceLinks"] is False
    for account in release.of("ServiceAccount"):
        assert account["automountServiceAccountToken"] is False
    assert not [each for each in release.objects if "Role" in each["kind"]]


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_can_be_written_has_an_end(release: Rendered, component: str) -> None:
    spec = release.pods()[component]["spec"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    for mount in spec["containers"][0]["volumeMounts"]:
        volume = volumes.pop(mount["name"])
        assert mount.get("readOnly", False) == ("secret" in volume)
        if "secret" in volume:
            # For the group of the process, and nobody else.
            assert volume["secret"]["defaultMode"] == 0o440
        else:
            assert volume["emptyDir"]["sizeLimit"]
    assert not volumes, "mounted nowhere"


@pytest.mark.parametrize("component", COMPONENTS)
def test_memory_has_an_end_and_every_need_is_said(release: Rendered, component: str) -> None:
    [container] = release.pods()[component]["spec"]["containers"]
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert container["resources"]["limits"].keys() == {"memory"}


def test_each_process_has_an_account_of_its_own(release: Rendered) -> None:
    accounts = [pod["spec"].get("serviceAccountName") for pod in release.pods().values()]
    # The page asks nobody for anything; `default` has no rights and no token is mounted.
    assert accounts.count(None) == 1
    assert len(set(accounts)) == len(accounts)


def egress(policy: Object) -> set[tuple[int, str]]:
    """Ports and networks that a policy lets out to."""
    return {
        (port["port"], peer["ipBlock"]["cidr"])
        for rule in policy["spec"].get("egress", ())
        for port in rule["ports"]
        for peer in rule.get("to", [{"ipBlock": {"cidr": "any"}}])
    }


def test_nothing_else_gets_in_or_out(release: Rendered) -> None:
    asked = {(53, "any"), (5432, "any"), (443, "0.0.0.0/0"), (80, AGENT)}
    wanted = {
        "api": asked | {(6379, "any")},
        "control": asked | {(6379, "any")},
        "worker": asked | {(6379, "any")},
        "migrations": asked,
        "page": set(),
    }
    for component, allowed in wanted.items():
        policy = release.one("NetworkPolicy", component)
        assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
        assert egress(policy) == allowed, component
        assert ("ingress" in policy["spec"]) == (component in {"api", "control", "page"})


def test_policies_follow_what_is_set(render: Render) -> None:
    peer = {"ipBlock": {"cidr": "10.0.0.0/16"}}
    release = render(
        {
            "networkPolicy.from": [peer],
            "networkPolicy.databasePort": 5433,
            "networkPolicy.storePorts": [443, 9000],
            "networkPolicy.storeCidrs": ["10.1.0.0/16"],
        }
    )
    policy = release.one("NetworkPolicy", "api")
    assert policy["spec"]["ingress"][0]["from"] == [peer]
    assert {(5433, "any"), (443, "10.1.0.0/16"), (9000, "10.1.0.0/16")} < egress(policy)
    assert (5432, "any") not in egress(policy)


def test_no_value_anywhere_is_a_secret_or_the_nodes_credentials(release: Rendered) -> None:
    for each in release.objects:
        for path, value in walk(each):
            assert NODE not in str(value) or isinstance(value, dict | list), path
            assert not path.rpartition("/")[2].startswith("stringData")


def test_the_namespace_enforces_it() -> None:
    found = yaml.safe_load((ROOT / "infra" / "kubernetes" / "namespace.yaml").read_text())
    labels = found["metadata"]["labels"]
    assert found["kind"] == "Namespace"
    for what in ("enforce", "warn", "audit"):
        assert labels[f"pod-security.kubernetes.io/{what}"] == "restricted"
