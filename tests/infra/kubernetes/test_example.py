"""The example of values for EKS is one that works."""

import json
import re
from typing import Any

import pytest
import yaml

from tests.infra.kubernetes.conftest import Judge, Render
from tests.infra.kubernetes.rendered import ROOT, Rendered

ALB = "alb.ingress.kubernetes.io"


def blocks(page: str) -> list[dict[str, Any]]:
    """What the page has as YAML."""
    found = re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [yaml.safe_load(text) for text in found]


@pytest.fixture(scope="module")
def example(render: Render) -> Rendered:
    text = (ROOT / "infra" / "kubernetes" / "values-eks.yaml").read_text()
    values: dict[str, Any] = yaml.safe_load(text)
    return render(values=values)


def test_its_objects_are_known(example: Rendered, judge: Judge) -> None:
    assert judge(example.objects, ["1.34"]) == []


def test_the_load_balancer_takes_https_and_waits_for_streams(example: Rendered) -> None:
    [ingress] = example.of("Ingress")
    annotations = ingress["metadata"]["annotations"]
    assert {"HTTPS": 443} in json.loads(annotations[f"{ALB}/listen-ports"])
    name, _, seconds = annotations[f"{ALB}/load-balancer-attributes"].partition("=")
    assert name == "idle_timeout.timeout_seconds"
    assert int(seconds) > 15, "an event stream says something every 15 s"


def test_a_target_leaves_before_its_pod_ends(example: Rendered) -> None:
    annotations = example.one("Service", "api")["metadata"]["annotations"]
    name, _, seconds = annotations[f"{ALB}/target-group-attributes"].partition("=")
    assert name == "deregistration_delay.timeout_seconds"
    [container] = example.pods()["api"]["spec"]["containers"]
    assert int(seconds) <= container["lifecycle"]["preStop"]["sleep"]["seconds"]


def test_balancers_ask_what_the_process_alone_answers(example: Rendered) -> None:
    for component in ("api", "page"):
        annotations = example.one("Service", component)["metadata"]["annotations"]
        [container] = example.pods()[component]["spec"]["containers"]
        asked = annotations[f"{ALB}/healthcheck-path"]
        assert asked == container["livenessProbe"]["httpGet"]["path"]


def test_each_worker_has_a_volume_of_its_own(example: Rendered) -> None:
    volumes = {each["name"]: each for each in example.pods()["worker"]["spec"]["volumes"]}
    claim = volumes["scratch"]["ephemeral"]["volumeClaimTemplate"]["spec"]
    assert claim["accessModes"] == ["ReadWriteOnce"]
    assert claim["resources"]["requests"]["storage"] == "22Gi"
    # EKS brings no class of this name.
    docs = (ROOT / "docs" / "deploy-kubernetes.md").read_text()
    [made] = [each for each in blocks(docs) if each.get("kind") == "StorageClass"]
    assert claim["storageClassName"] == made["metadata"]["name"]
