"""The workers: none while there is nothing to do, and one for each video when there is."""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra import images, permissions, scaling, settings, tasks
from infra.control import told
from infra.data import DataStack
from infra.messaging import MessagingStack
from infra.network import NetworkStack
from infra.sizes import Size
from infra.storage import StorageStack

# The longest that Fargate waits between SIGTERM and SIGKILL; a Spot task has as long.
_STOP_S = 120
_MINUTE = Duration.minutes(1)


class WorkerStack(Stack):
    """The workers on Fargate: the first ones on demand where the size says so, the rest on Spot.

    Each worker is an ECS task of its own. One that encodes has ECS guard it
    (workers/runtime/protection.py), so neither a smaller number nor a deployment ends it. One that
    Spot takes back gives its video to another.

    Attributes:
        service: the ECS service of the workers.
        log: what they say.
        load: tasks of jobs that wait or are worked on, as control counts them; a figure a minute.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        size: Size,
        cluster: ecs.ICluster,
        network: NetworkStack,
        storage: StorageStack,
        messaging: MessagingStack,
        data: DataStack,
        places: settings.Places,
        namespace: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.log = tasks.log_group(self, "WorkerLog")
        task = tasks.definition(
            self,
            "WorkerTask",
            cpu=size.worker_cpu,
            memory_mb=size.worker_memory_mb,
            disk_gb=size.worker_disk_gb,
        )
        tasks.add_container(
            task,
            "worker",
            images.WORKER,
            environment=settings.of_worker(places, size.ladder),
            log=self.log,
            stop_s=_STOP_S,
            secrets={"REDIS_PASSWORD": ecs.Secret.from_secrets_manager(data.redis_secret)},
            health_check=tasks.health_check(images.WORKER),
        )
        rights = permissions.of_worker(
            storage.bucket, messaging.queue, places.database_secret, cluster
        )
        permissions.allow(task.task_role, rights)
        permissions.accept_objects(task.task_role, storage.bucket)
        permissions.accept_protection(task.task_role, cluster)
        # A new version starts beside the old one, which ends when its video is done.
        self.service = tasks.service(
            self,
            "Workers",
            task,
            cluster=cluster,
            group=network.worker_group,
            capacity_provider_strategies=_strategy(size.worker_on_demand),
        )
        self.load = told(namespace, "TasksWanted")
        _scale(self, self.service, cluster, self.load, size)


def _strategy(on_demand: int) -> list[ecs.CapacityProviderStrategy]:
    spot = ecs.CapacityProviderStrategy(capacity_provider="FARGATE_SPOT", weight=1)
    if not on_demand:
        return [spot]
    base = ecs.CapacityProviderStrategy(capacity_provider="FARGATE", base=on_demand, weight=0)
    return [base, spot]


def _scale(
    stack: Stack,
    service: ecs.FargateService,
    cluster: ecs.ICluster,
    load: cloudwatch.IMetric,
    size: Size,
) -> None:
    target = autoscaling.ScalableTarget(
        stack,
        "Count",
        service_namespace=autoscaling.ServiceNamespace.ECS,
        resource_id=f"service/{cluster.cluster_name}/{service.service_name}",
        scalable_dimension="ecs:service:DesiredCount",
        min_capacity=0,
        max_capacity=size.worker_max,
        role=iam.Role.from_role_arn(
            stack,
            "CountRole",
            # What AWS itself makes for scaling services of ECS; another one is not used.
            stack.format_arn(
                service="iam",
                region="",
                resource="role/aws-service-role/ecs.application-autoscaling.amazonaws.com",
                resource_name="AWSServiceRoleForApplicationAutoScaling_ECSService",
            ),
        ),
    )
    busy = cloudwatch.Alarm(
        stack,
        "Busy",
        metric=load,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        threshold=1,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description="Sets the number of workers, also from none; it tells nobody.",
    )
    busy.add_alarm_action(actions.ApplicationScalingAction(_follow(stack, target, size)))
    idle = cloudwatch.Alarm(
        stack,
        "Idle",
        metric=load,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
        threshold=1,
        evaluation_periods=scaling.IDLE_MINUTES,
        # No figure is not the figure 0: the fleet stays as it is, and another alarm tells.
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description="Sends the last workers home; it tells nobody.",
    )
    none = autoscaling.StepScalingAction(
        stack,
        "None",
        scaling_target=target,
        adjustment_type=autoscaling.AdjustmentType.EXACT_CAPACITY,
    )
    none.add_adjustment(adjustment=0, upper_bound=0)
    idle.add_alarm_action(actions.ApplicationScalingAction(none))


def _follow(
    stack: Stack, target: autoscaling.ScalableTarget, size: Size
) -> autoscaling.StepScalingAction:
    """Have the number of workers be what the load asks for: up at once, down when it is calm."""
    action = autoscaling.StepScalingAction(
        stack,
        "Follow",
        scaling_target=target,
        adjustment_type=autoscaling.AdjustmentType.EXACT_CAPACITY,
        metric_aggregation_type=autoscaling.MetricAggregationType.MAXIMUM,
        cooldown=Duration.seconds(scaling.CALM_S),
    )
    found = scaling.steps(size.worker_max)
    # Bounds count from the alarm's threshold, which is 1.
    for step, following in zip(found, [*found[1:], None], strict=True):
        action.add_adjustment(
            adjustment=step.workers,
            lower_bound=step.load - 1,
            upper_bound=following and following.load - 1,
        )
    return action
