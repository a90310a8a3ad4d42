"""The workers: their number, what they run on, what they may do, how they end."""

from typing import Any

import pytest

from control.cloudwatch import EVERY_S
from infra import scaling
from infra.settings import DRAIN_S
from infra.sizes import SIZES
from tests.infra.assembly import Template, properties, resources
from tests.infra.conftest import Templates
from tests.infra.test_api import rights
from tests.infra.values import container, environment, flat
from tests.support.settings import Settings
from workers.runtime.scratch import whole_file_room

_POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
_ALARM = "AWS::CloudWatch::Alarm"


def steps(template: Template) -> list[dict[str, Any]]:
    found = properties(template, _POLICY, "Follow")["StepScalingPolicyConfiguration"]
    assert found["AdjustmentType"] == "ExactCapacity"
    adjustments = found["StepAdjustments"]
    assert isinstance(adjustments, list)
    return adjustments


def tasks_for(template: Template, load: int) -> int:
    """Return the number of tasks as Application Auto Scaling finds it."""
    above = load - properties(template, _ALARM, "Busy")["Threshold"]
    [found] = [
        step["ScalingAdjustment"]
        for step in steps(template)
        if step["MetricIntervalLowerBound"] <= above
        and above < step.get("MetricIntervalUpperBound", float("inf"))
    ]
    return int(found)


@pytest.mark.parametrize("most", [1, 2, 4, 7, 20, 100, 1000])
def test_there_is_a_worker_for_each_film(most: int) -> None:
    assert scaling.wanted(0, most) == 0
    before = 0
    for load in range(1, 2 * most + 3):
        tasks = scaling.wanted(load, most)
        assert before <= tasks <= most
        assert tasks >= min(load, most)
        # Some more than there are films for, but not many.
        assert tasks <= max(load + 1, load * (1.34 if most <= 100 else 1.5))
        before = tasks
    assert len(scaling.steps(most)) <= 20


def test_the_policy_is_what_was_decided(templates: Templates, every_size: str) -> None:
    template, most = templates(every_size)["workers"], SIZES[every_size].worker_max
    for load in range(1, most + 5):
        assert tasks_for(template, load) == scaling.wanted(load, most)


def test_there_are_none_while_there_is_nothing_to_do(templates: Templates, every_size: str) -> None:
    template = templates(every_size)["workers"]
    target = properties(template, "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, SIZES[every_size].worker_max)
    none = properties(template, _POLICY, "None")["StepScalingPolicyConfiguration"]
    assert [each["ScalingAdjustment"] for each in none["StepAdjustments"]] == [0]
    idle = properties(template, _ALARM, "Idle")
    assert idle["ComparisonOperator"] == "LessThanThreshold"
    assert idle["Threshold"] == 1
    assert idle["EvaluationPeriods"] == scaling.IDLE_MINUTES
    # The number is one that nobody else sets.
    assert "DesiredCount" not in properties(template, "AWS::ECS::Service")


def test_the_first_film_starts_a_worker_within_a_period(templates: Templates) -> None:
    busy = properties(templates("small")["workers"], _ALARM, "Busy")
    assert (busy["Threshold"], busy["EvaluationPeriods"]) == (1, 1)
    # Those in work count, or a worker that encodes would look like one too many.
    assert (busy["Namespace"], busy["MetricName"]) == ("Framemill/framemill", "TasksWanted")
    # Told several times in the period, by one control or by two of them that agree.
    assert (busy["Period"], busy["Statistic"]) == (60, "Maximum")
    assert busy["Period"] / 2 >= EVERY_S


def test_without_a_figure_the_fleet_stays_as_it_is(templates: Templates, every_size: str) -> None:
    """Neither of the alarms that set the number takes silence for nothing to do, or for work."""
    for name in ("Busy", "Idle"):
        alarm = properties(templates(every_size)["workers"], _ALARM, name)
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["MetricName"] == "TasksWanted"


def test_fewer_are_wanted_only_when_it_is_calm(templates: Templates) -> None:
    found = properties(templates("small")["workers"], _POLICY, "Follow")
    assert found["StepScalingPolicyConfiguration"]["Cooldown"] >= 600


def test_the_first_are_on_demand_and_the_rest_on_spot(
    templates: Templates, every_size: str
) -> None:
    service = properties(templates(every_size)["workers"], "AWS::ECS::Service")
    strategy = {each["CapacityProvider"]: each for each in service["CapacityProviderStrategy"]}
    assert strategy["FARGATE_SPOT"]["Weight"] == 1
    on_demand = SIZES[every_size].worker_on_demand
    if on_demand:
        assert (strategy["FARGATE"]["Base"], strategy["FARGATE"]["Weight"]) == (on_demand, 0)
    else:
        assert "FARGATE" not in strategy
    assert "LaunchType" not in service
    providers = properties(
        templates(every_size)["cluster"], "AWS::ECS::ClusterCapacityProviderAssociations"
    )
    assert {*strategy} <= {flat(each) for each in providers["CapacityProviders"]}


def test_a_worker_has_time_to_give_back_its_film(templates: Templates, every_size: str) -> None:
    task = properties(templates(every_size)["workers"], "AWS::ECS::TaskDefinition")
    found = container(task, "worker")
    # As long as Fargate waits at the most.
    assert found["StopTimeout"] == 120
    assert environment(found)["DRAIN_S"] == str(DRAIN_S)
    assert found["StopTimeout"] - DRAIN_S >= 20
    assert task["EphemeralStorage"]["SizeInGiB"] == SIZES[every_size].worker_disk_gb
    assert (task["Cpu"], task["Memory"]) == (
        str(SIZES[every_size].worker_cpu), str(SIZES[every_size].worker_memory_mb)
    )  # fmt: skip


def test_the_largest_source_fits_on_the_disk(every_size: str) -> None:
    source = int(Settings.model_fields["upload_max_bytes"].default)
    assert whole_file_room(source) <= SIZES[every_size].worker_disk_gb * 1024**3


def test_a_worker_may_do_what_it_calls(templates: Templates, every_size: str) -> None:
    found = rights(templates(every_size)["workers"], "WorkerTaskTaskRole")
    assert sorted(found.values()) == sorted(
        [
            ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
            ["s3:ListBucket"],
            [
                "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueUrl",
                "sqs:ReceiveMessage", "sqs:SendMessage",
            ],
            ["secretsmanager:GetSecretValue"],
            ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"],
        ]
    )  # fmt: skip


def test_a_worker_guards_tasks_of_its_own_cluster_only(templates: Templates) -> None:
    [policy] = [
        each["Properties"]["PolicyDocument"]["Statement"]
        for name, each in resources(templates("small")["workers"], "AWS::IAM::Policy").items()
        if name.startswith("WorkerTaskTaskRole")
    ]
    [guard] = [each for each in policy if "ecs:UpdateTaskProtection" in each["Action"]]
    assert flat(guard["Resource"]).endswith("/*")
    assert ":task/RefCluster" in flat(guard["Resource"])


def test_a_worker_has_no_signing_key(templates: Templates, every_size: str) -> None:
    task = properties(templates(every_size)["workers"], "AWS::ECS::TaskDefinition")
    assert [each["Name"] for each in container(task, "worker")["Secrets"]] == ["REDIS_PASSWORD"]


def test_instances_with_a_gpu_are_spot_and_none_until_asked_for(templates: Templates) -> None:
    for name, size in SIZES.items():
        groups = resources(templates(name)["cluster"], "AWS::AutoScaling::AutoScalingGroup")
        assert bool(groups) is size.gpu
        for group in groups.values():
            assert group["Properties"]["MinSize"] == "0"
            spread = group["Properties"]["MixedInstancesPolicy"]["InstancesDistribution"]
            assert spread["OnDemandPercentageAboveBaseCapacity"] == 0
            template = properties(templates(name)["cluster"], "AWS::EC2::LaunchTemplate")
            assert "ECS_ENABLE_SPOT_INSTANCE_DRAINING=true" in str(template)
            assert template["LaunchTemplateData"]["MetadataOptions"]["HttpTokens"] == "required"
