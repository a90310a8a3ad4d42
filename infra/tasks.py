"""What the Fargate tasks have in common: an ordinary user, a read-only file system, logs."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import images
from infra.practices import accept


def log_group(stack: Stack, name: str) -> logs.LogGroup:
    """Return a log group of its own for one kind of task."""
    return logs.LogGroup(
        stack,
        name,
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )


def definition(
    stack: Stack, name: str, *, cpu: int, memory_mb: int, disk_gb: int | None = None
) -> ecs.FargateTaskDefinition:
    """Return a task definition without containers.

    Args:
        stack: it belongs to.
        name: of it there.
        cpu: in 1/1024 of a core.
        memory_mb: in MiB.
        disk_gb: ephemeral storage in GiB, 21 to 200; 20 when not given.
    """
    made = ecs.FargateTaskDefinition(
        stack,
        name,
        cpu=cpu,
        memory_limit_mib=memory_mb,
        ephemeral_storage_gib=disk_gb,
        runtime_platform=images.RUNTIME_PLATFORM,
    )
    accept(
        made,
        "AwsSolutions-ECS2",
        "The variables are names and addresses; passwords and keys come from Secrets Manager.",
    )
    accept(
        made.obtain_execution_role(),
        "AwsSolutions-IAM5[Resource::*]",
        "ecr:GetAuthorizationToken has no resource to name; all else names ours.",
    )
    return made


def add_container(
    task: ecs.FargateTaskDefinition,
    name: str,
    image: images.Image,
    *,
    environment: Mapping[str, str],
    log: logs.ILogGroup,
    stop_s: int,
    **options: Any,
) -> ecs.ContainerDefinition:
    """Add the container that a task is for, one that can write to its own volumes only.

    Args:
        task: gets it.
        name: of it in the task.
        image: it runs.
        environment: its variables.
        log: gets what it says.
        stop_s: seconds between SIGTERM and SIGKILL, 120 at the most.
        **options: of `TaskDefinition.add_container`.
    """
    built = images.build(image)
    container = task.add_container(
        name,
        image=built,
        environment=dict(environment),
        logging=_logging(log, name),
        user=images.USER,
        readonly_root_filesystem=True,
        linux_parameters=_without_capabilities(task, name),
        stop_timeout=Duration.seconds(stop_s),
        **options,
    )
    first = task.add_container(
        "volumes",
        image=built,
        # A new volume is root's, whatever the image has at its place: it is handed over, and that
        # is all that is done as root.
        user="0:0",
        entry_point=["chown"],
        command=[images.USER, *image.written],
        essential=False,
        readonly_root_filesystem=True,
        logging=_logging(log, "volumes"),
    )
    for number, path in enumerate(image.written):
        volume = f"volume-{number}"
        task.add_volume(name=volume)
        mount = ecs.MountPoint(container_path=path, source_volume=volume, read_only=False)
        container.add_mount_points(mount)
        first.add_mount_points(mount)
    container.add_container_dependencies(
        ecs.ContainerDependency(container=first, condition=ecs.ContainerDependencyCondition.SUCCESS)
    )
    return container


def service(
    scope: Construct,
    name: str,
    task: ecs.FargateTaskDefinition,
    *,
    cluster: ecs.ICluster,
    group: ec2.ISecurityGroup,
    spread: bool = False,
    **options: Any,
) -> ecs.FargateService:
    """Return a service without public addresses, which in a deployment is there twice for a while.

    Args:
        scope: it belongs to.
        name: of it there.
        task: it runs.
        cluster: where.
        group: of its tasks.
        spread: move tasks when one zone has more of them than another.
        **options: of `FargateService`.
    """
    zones = ecs.AvailabilityZoneRebalancing
    return ecs.FargateService(
        scope,
        name,
        cluster=cluster,
        task_definition=task,
        vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
        security_groups=[group],
        min_healthy_percent=100,
        max_healthy_percent=200,
        circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
        availability_zone_rebalancing=zones.ENABLED if spread else zones.DISABLED,
        propagate_tags=ecs.PropagatedTagSource.SERVICE,
        **options,
    )


def health_check(image: images.Image) -> ecs.HealthCheck:
    """Return the check of a container's own health, with room for a start."""
    return ecs.HealthCheck(
        command=list(image.health_check),
        interval=Duration.seconds(30),
        timeout=Duration.seconds(15),
        retries=3,
        start_period=Duration.seconds(60),
    )


def _logging(log: logs.ILogGroup, name: str) -> ecs.LogDriver:
    # A task that logs too fast loses lines and does not wait: a video is worth more than a line.
    return ecs.LogDriver.aws_logs(
        stream_prefix=name, log_group=log, mode=ecs.AwsLogDriverMode.NON_BLOCKING
    )


def _without_capabilities(task: ecs.FargateTaskDefinition, name: str) -> ecs.LinuxParameters:
    parameters = ecs.LinuxParameters(task, f"{name}-linux")
    parameters.drop_capabilities(ecs.Capability.ALL)
    return parameters
