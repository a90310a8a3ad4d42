"""Control: one task that relays, sweeps and counts; what it may do, and who is told without it."""

from typing import Any

from control.__main__ import main
from tests.infra.assembly import properties, resources
from tests.infra.conftest import Templates
from tests.infra.test_api import rights, task
from tests.infra.test_observability import alarms
from tests.infra.values import container, environment

_NAMESPACE = "Framemill/framemill"


def test_one_runs_on_demand_and_is_replaced_without_a_gap(
    templates: Templates, every_size: str
) -> None:
    service = properties(templates(every_size)["api"], "AWS::ECS::Service", "Control")
    assert service["DesiredCount"] == 1
    assert service["LaunchType"] == "FARGATE"
    assert service["DeploymentConfiguration"]["MinimumHealthyPercent"] == 100
    assert "LoadBalancers" not in service


def test_its_container_runs_control(templates: Templates, every_size: str) -> None:
    template = templates(every_size)["api"]
    found = container(task(template, "Control"), "control")
    assert found["Command"] == ["python", "-m", main.__module__.rpartition(".")[0]]
    assert found["HealthCheck"]["Command"] == ["CMD", "python", "-m", "core.pulse"]
    assert "PortMappings" not in found  # nobody comes to it
    # It signs nothing.
    assert [each["Name"] for each in found["Secrets"]] == ["REDIS_PASSWORD"]
    # One image, so that there is one to build and to scan.
    assert found["Image"] == container(task(template, "Api"), "api")["Image"]


def test_it_may_do_what_it_calls(templates: Templates, every_size: str) -> None:
    found = rights(templates(every_size)["api"], "ControlTaskTaskRole")
    assert sorted(found.values()) == sorted(
        [
            [
                "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject",
                "s3:ListMultipartUploadParts", "s3:PutObject",
            ],
            ["s3:ListBucket", "s3:ListBucketMultipartUploads"],
            ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"],
            ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            ["secretsmanager:GetSecretValue"],
            ["cloudwatch:PutMetricData"],
        ]
    )  # fmt: skip


def test_it_tells_figures_of_this_deployment_alone(templates: Templates, every_size: str) -> None:
    template = templates(every_size)["api"]
    assert environment(container(task(template, "Control"), "control"))["CLOUDWATCH_NAMESPACE"] == (
        _NAMESPACE
    )
    [statement] = [
        each
        for name, policy in resources(template, "AWS::IAM::Policy").items()
        if name.startswith("ControlTaskTaskRole")
        for each in policy["Properties"]["PolicyDocument"]["Statement"]
        if each["Action"] == "cloudwatch:PutMetricData"
    ]
    assert statement["Condition"] == {"StringEquals": {"cloudwatch:namespace": _NAMESPACE}}


def test_somebody_is_told_when_it_is_gone_or_silent(templates: Templates, every_size: str) -> None:
    found = alarms(templates(every_size)["observability"])
    for name in ("ControlGone", "TasksUnknown"):
        alarm: dict[str, Any] = found[name]
        assert alarm["ComparisonOperator"] == "LessThanThreshold"
        assert alarm["Threshold"] == 1
        # Silence is what they are about.
        assert alarm["TreatMissingData"] == "breaching"
    silent = found["TasksUnknown"]
    assert (silent["Namespace"], silent["MetricName"]) == (_NAMESPACE, "TasksWanted")
    assert silent["Statistic"] == "SampleCount"
