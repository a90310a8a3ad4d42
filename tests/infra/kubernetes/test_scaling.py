"""Workers come and go with the queue; the API with its load; upgrades begin with the database."""

from typing import Any

import pytest

from tests.infra.kubernetes.conftest import Render
from tests.infra.kubernetes.rendered import VALUES, Rendered, component_of

# What KEDA's documentation of aws-sqs-queue knows; its definition takes any word.
OF_THE_SCALER = {"queueURL", "queueURLFromEnv", "queueLength", "activationQueueLength", "awsRegion",
                 "awsEndpoint", "scaleOnInFlight", "scaleOnDelayed", "identityOwner"}  # fmt: skip


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


def test_keda_asks_the_queue_that_workers_receive_from(release: Rendered) -> None:
    found = trigger(release)
    assert found["type"] == "aws-sqs-queue"
    assert set(found["metadata"]) <= OF_THE_SCALER
    assert found["metadata"]["queueURL"] == VALUES["aws"]["queueUrl"]
    variables = release.variables("worker")
    assert found["metadata"]["queueURL"].endswith("/" + variables["SQS_QUEUE"])
    assert found["metadata"]["awsRegion"] == variables["AWS_REGION"]


def test_a_worker_that_encodes_is_counted(release: Rendered) -> None:
    assert trigger(release)["metadata"]["scaleOnInFlight"] == "true"
    assert release.one("ScaledObject", "worker")["spec"]["minReplicaCount"] == 0


def test_so_many_messages_as_a_worker_takes_make_one(render: Render) -> None:
    release = render({"worker.concurrency": 3})
    assert trigger(release)["metadata"]["queueLength"] == "3"
    assert release.variables("worker")["WORKER_CONCURRENCY"] == "3"


def test_workers_come_at_once_and_go_one_by_one(release: Rendered) -> None:
    advanced = release.one("ScaledObject", "worker")["spec"]["advanced"]
    behavior = advanced["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] >= 300
    assert behavior["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 60}]


def test_keda_is_told_who_it_is(render: Render, release: Rendered) -> None:
    def identity(found: Rendered) -> dict[str, str]:
        authentication = found.one("TriggerAuthentication", "worker")
        assert trigger(found)["authenticationRef"]["name"] == authentication["metadata"]["name"]
        return dict(authentication["spec"]["podIdentity"])

    role = "arn:aws:iam::111122223333:role/films-keda"
    assert identity(release) == {"provider": "aws", "identityOwner": "keda"}
    # KEDA refuses both together.
    assert identity(render({"keda.roleArn": role})) == {"provider": "aws", "roleArn": role}


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


@pytest.mark.parametrize("component", ["api", "worker", "migrations"])
def test_roles_are_given_by_annotations(render: Render, component: str) -> None:
    role = {"eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/films"}
    release = render({f"{component}.serviceAccount.annotations": role})
    for account in release.of("ServiceAccount"):
        annotations = account["metadata"].get("annotations", {})
        assert (role.items() <= annotations.items()) == (component_of(account) == component)
