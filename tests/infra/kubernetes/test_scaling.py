"""Workers come and go with the work; the API with its load; upgrades begin with the database."""

from typing import Any

import pytest
import redis.asyncio as redis

from control.metrics import text
from core.adapters.postgres import Database
from tests.infra.kubernetes.conftest import Render
from tests.infra.kubernetes.rendered import Rendered, component_of
from tests.support.control import rounds_of
from tests.support.settings import Settings

# What KEDA's documentation of metrics-api knows; its definition takes any word.
OF_THE_SCALER = {"url", "format", "valueLocation", "targetValue", "activationTargetValue",
                 "unsafeSsl"}  # fmt: skip


def trigger(release: Rendered) -> dict[str, Any]:
    [found] = release.one("ScaledObject", "worker")["spec"]["triggers"]
    return dict(found)


def test_keda_scales_the_workers_alone(release: Rendered) -> None:
    worker = release.one("Deployment", "worker")
    [scaled] = release.of("ScaledObject")
    target = scaled["spec"]["scaleTargetRef"]
    assert target == {
        "apiVersion": worker["apiVersion"],
        "kind": worker["kind"],
        "name": worker["metadata"]["name"],
    }
    # An upgrade would set them back.
    assert "replicas" not in worker["spec"]


def test_keda_asks_control_how_many_tasks_want_a_worker(release: Rendered) -> None:
    found = trigger(release)
    assert found["type"] == "metrics-api"
    assert set(found["metadata"]) <= OF_THE_SCALER
    service = release.one("Service", "control")
    [port] = service["spec"]["ports"]
    # Whole: KEDA asks from a namespace of its own, which is that of the release nowhere.
    address = f"http://{service['metadata']['name']}.media.svc:{port['port']}/metrics"
    assert found["metadata"]["url"] == address
    assert "authenticationRef" not in found
    assert not release.of("TriggerAuthentication")


async def test_what_keda_looks_for_is_told_by_control(
    release: Rendered, settings: Settings, db: Database, redis_client: redis.Redis
) -> None:
    """As KEDA reads the format: a line that begins with the name, and has no labels."""
    wanted = trigger(release)["metadata"]
    assert wanted["format"] == "prometheus"
    rounds = rounds_of(settings, db, redis=redis_client)
    told = (await text(rounds.adapters)).decode()
    [line] = [each for each in told.splitlines() if each.startswith(wanted["valueLocation"] + " ")]
    assert float(line.rpartition(" ")[2]) >= 0


def test_there_are_none_while_there_is_nothing_to_do(release: Rendered) -> None:
    assert release.one("ScaledObject", "worker")["spec"]["minReplicaCount"] == 0


def test_so_many_tasks_as_a_worker_takes_make_one(render: Render) -> None:
    release = render({"worker.concurrency": 3})
    assert trigger(release)["metadata"]["targetValue"] == "3"
    assert release.variables("worker")["WORKER_CONCURRENCY"] == "3"


def test_control_is_one_and_is_replaced_without_a_gap(render: Render, release: Rendered) -> None:
    control = release.one("Deployment", "control")["spec"]
    assert control["replicas"] == 1
    assert control["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert render({"control.replicas": 2}).one("Deployment", "control")["spec"]["replicas"] == 2


def test_workers_come_at_once_and_go_one_by_one(release: Rendered) -> None:
    advanced = release.one("ScaledObject", "worker")["spec"]["advanced"]
    behavior = advanced["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] >= 300
    assert behavior["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 60}]


def test_without_keda_there_are_as_many_as_one_says(render: Render) -> None:
    release = render({"keda.enabled": False, "worker.replicas": 4})
    assert release.one("Deployment", "worker")["spec"]["replicas"] == 4
    assert not [each for each in release.objects if each["apiVersion"].startswith("keda")]


def test_nodes_are_not_emptied_under_an_encode(release: Rendered) -> None:
    annotations = release.pods()["worker"]["metadata"]["annotations"]
    assert annotations["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"
    assert annotations["karpenter.sh/do-not-disrupt"] == "true"


def test_the_api_is_never_alone(release: Rendered) -> None:
    scaler = release.one("HorizontalPodAutoscaler", "api")["spec"]
    api = release.one("Deployment", "api")
    assert scaler["scaleTargetRef"]["name"] == api["metadata"]["name"]
    assert scaler["minReplicas"] >= 2
    assert "replicas" not in api["spec"]
    for component in ("api", "page"):
        deployment = release.one("Deployment", component)["spec"]
        assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        assert release.one("PodDisruptionBudget", component)["spec"]["maxUnavailable"] == 1
        spread = deployment["template"]["spec"]["topologySpreadConstraints"]
        assert {each["topologyKey"] for each in spread} == {
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        }


def hooks(release: Rendered) -> dict[str, tuple[str, int]]:
    """The objects that are hooks, as kind: events and weight."""
    key = "helm.sh/hook"
    return {
        each["kind"]: (
            each["metadata"]["annotations"][key],
            int(each["metadata"]["annotations"][f"{key}-weight"]),
        )
        for each in release.objects
        if key in each["metadata"].get("annotations", {})
    }


def test_the_database_is_brought_up_to_date_before_anything_else(release: Rendered) -> None:
    found = hooks(release)
    assert found["Job"][0] == found["ServiceAccount"][0] == "pre-install,pre-upgrade"
    assert found["ServiceAccount"][1] < found["Job"][1]
    assert found.keys() == {"Job", "ServiceAccount"}


def test_a_hook_names_nothing_that_comes_after_it(release: Rendered) -> None:
    pod = release.pods()["migrations"]["spec"]
    [container] = pod["containers"]
    assert "envFrom" not in container
    account = release.one("ServiceAccount", "migrations")
    assert pod["serviceAccountName"] == account["metadata"]["name"]
    assert "helm.sh/hook" in account["metadata"]["annotations"]


def test_a_failed_migration_ends(release: Rendered) -> None:
    job = release.one("Job", "migrations")["spec"]
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    assert job["backoffLimit"] <= 3
    assert job["activeDeadlineSeconds"] <= 3600


@pytest.mark.parametrize("component", ["api", "control", "worker", "migrations"])
def test_roles_are_given_by_annotations(render: Render, component: str) -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/films"}
    release = render({f"{component}.serviceAccount.annotations": role})
    for account in release.of("ServiceAccount"):
        annotations = account["metadata"].get("annotations", {})
        assert (role.items() <= annotations.items()) == (component_of(account) == component)
