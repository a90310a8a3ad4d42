"""Helm renders the chart, and every object is one that Kubernetes and KEDA know."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.kubernetes.conftest import Judge, Refusal, Render
from tests.infra.kubernetes.rendered import Rendered

# From the oldest that Chart.yaml takes to the newest whose schemas there are.
VERSIONS = ["1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37"]
# Each branch of the templates, taken at least once.
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "without KEDA": {"keda.enabled": False},
    "two controls": {"control.replicas": 2, "control.podAnnotations": {"a": "b"}},
    "without page": {"page.enabled": False},
    "without Ingress and policies": {"ingress.enabled": False, "networkPolicy.enabled": False},
    "everything": {
        "image.pullSecrets": ["registry"],
        "image.api": {"repository": "films/api", "digest": "sha256:" + 64 * "a"},
        "aws.endpointUrl": "https://store.internal:9000",
        "page.storeOrigins": ["https://store.example"],
        "settings": {"USER_QUOTA_BYTES": "20000000000"},
        "api.trustedProxies": ["10.0.0.0/16", "fd00::/8"],
        "api.allowedOrigins": ["https://beta.films.example"],
        "api.serviceAccount.annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/a"},
        "api.serviceAnnotations": {"alb.ingress.kubernetes.io/healthcheck-port": "8001"},
        "api.podAnnotations": {"prometheus.io/scrape": "true"},
        "api.nodeSelector": {"kubernetes.io/arch": "arm64"},
        "api.tolerations": [{"key": "films", "operator": "Exists", "effect": "NoSchedule"}],
        "worker.scratch.storageClassName": "gp3",
        "page.serviceAnnotations": {"alb.ingress.kubernetes.io/healthcheck-path": "/healthz"},
        "migrations.serviceAccount.annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:m"},
        "ingress.tlsSecret": "films-tls",
        "ingress.annotations": {"alb.ingress.kubernetes.io/target-type": "ip"},
        "networkPolicy.from": [{"namespaceSelector": {"matchLabels": {"name": "ingress"}}}],
        "networkPolicy.metricsFrom": [{"namespaceSelector": {"matchLabels": {"name": "watch"}}}],
        "registration": "invite",
    },
}


@pytest.mark.parametrize("name", VARIANTS)
def test_kubernetes_and_keda_know_every_field(
    render: Render, judge: Judge, figure: Callable[[str, object], None], name: str
) -> None:
    versions = VERSIONS if name == "default" else [VERSIONS[0], VERSIONS[-1]]
    objects = render(VARIANTS[name]).objects
    assert judge(objects, versions) == []
    figure(f"kubernetes: objects of the chart, {name}, by {len(versions)} versions", len(objects))


@pytest.mark.parametrize(
    ("kind", "component", "path", "complaint"),
    [
        ("Deployment", "api", "spec/template/spec/securityContex", "securityContex"),
        ("NetworkPolicy", "worker", "spec/egres", "egres"),
        ("ScaledObject", "worker", "spec/maxReplicas", ".spec.maxReplicas is not known"),
    ],
)
def test_a_field_that_nobody_knows_is_told(
    release: Rendered, judge: Judge, kind: str, component: str, path: str, complaint: str
) -> None:
    wrong = copy.deepcopy(release.one(kind, component))
    *folders, name = path.split("/")
    place = wrong
    for folder in folders:
        place = place[folder]
    place[name] = "x"
    [said] = judge([wrong], VERSIONS[-1:])
    assert complaint in said


def test_a_wrong_type_is_told_by_keda(release: Rendered, judge: Judge) -> None:
    wrong = copy.deepcopy(release.one("ScaledObject", "worker"))
    wrong["spec"]["triggers"][0]["metadata"]["targetValue"] = 1  # must be a string
    assert judge([wrong], [])


def test_helm_lints_without_a_warning(helm: Callable[..., dict[str, Any]]) -> None:
    report = helm({}, lint=True)
    assert report["errors"] == []
    # 1 is a remark: that there is no icon.
    assert [each for each in report["messages"] if each["severity"] > 1] == []


@pytest.mark.parametrize(
    "path",
    ["image.registry", "aws.region", "aws.bucket", "aws.queueUrl", "ingress.className",
     "ingress.host"],
)  # fmt: skip
def test_what_cannot_be_known_must_be_said(refusal: Refusal, path: str) -> None:
    assert f"{path}: " in refusal({path: ""})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"worker.replica": 3}, "replica"),
        ({"image.tag": "latest"}, "/image/tag"),
        ({"worker.sandbox": "on"}, "/worker/sandbox"),
        ({"settings": {"JWT_KEYS": "k1:" + 32 * "s"}}, "JWT_KEYS"),
        ({"settings": {"USER_QUOTA_BYTES": 20000000000}}, "/settings/USER_QUOTA_BYTES"),
        ({"api.autoscaling.minReplicas": 1}, "/api/autoscaling/minReplicas"),
        ({"control.replicas": 0}, "/control/replicas"),
        ({"secrets.signing.keys": ["JWT_KEY"]}, "/secrets/signing/keys/0"),
        ({"aws.endpointUrl": "http://store:9000"}, "page.storeOrigins: "),
    ],
)  # fmt: skip
def test_values_that_cannot_be_meant_are_refused(
    refusal: Refusal, changes: dict[str, Any], said: str
) -> None:
    assert said in refusal(changes)
