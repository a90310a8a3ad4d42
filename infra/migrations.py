"""The migrations of a deployment: one task, run to its end before anything new serves."""

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources as resources
from constructs import Construct

from infra import findings, images, permissions, settings, tasks
from infra.description import ROOT
from infra.network import NetworkStack
from infra.practices import accept

_CONTAINER = "migrations"
_STOP_S = 30
# Below the hour after which CloudFormation gives a custom resource up, and says less.
_PATIENCE = Duration.minutes(55)


class Migrations(Construct):
    """Runs `python -m core.migrations` at each deployment that brings a new task definition.

    A container before the API's in its own task would be simpler, but runs again whenever a task
    starts: after a rollback it would meet tables that are newer than it, and no task could start.

    Attributes:
        done: what has to wait for them depends on this.
        log: what they said.
    """

    def __init__(
        self,
        stack: Stack,
        *,
        cluster: ecs.ICluster,
        network: NetworkStack,
        places: settings.Places,
    ) -> None:
        super().__init__(stack, "Migrations")
        self.log = tasks.log_group(stack, "MigrationsLog")
        task = tasks.definition(stack, "MigrationsTask", cpu=256, memory_mb=512)
        tasks.add_container(
            task,
            _CONTAINER,
            images.API,
            environment=settings.of_migrations(places),
            log=self.log,
            stop_s=_STOP_S,
            command=["python", "-m", "core.migrations"],
        )
        permissions.allow(task.task_role, permissions.of_database(places.database_secret))
        provider = self._provider(cluster, task)
        self.done = CustomResource(
            self,
            "Done",
            service_token=provider.service_token,
            resource_type="Custom::Migrations",
            properties={
                "Cluster": cluster.cluster_arn,
                "TaskDefinition": task.task_definition_arn,
                "Container": _CONTAINER,
                "LogGroup": self.log.log_group_name,
                "SecurityGroup": network.migrations_group.security_group_id,
                "Subnets": network.vpc.select_subnets(
                    subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS
                ).subnet_ids,
            },
        )
        self.done.node.add_dependency(task)

    def _provider(
        self, cluster: ecs.ICluster, task: ecs.FargateTaskDefinition
    ) -> resources.Provider:
        log = tasks.log_group(Stack.of(self), "MigrationsRunnerLog")
        functions = [self._function(handler, log) for handler in ("on_event", "is_complete")]
        begin, ask = functions
        for right in _rights(cluster, task):
            begin.add_to_role_policy(right)
        ask.add_to_role_policy(_right_to_look(cluster))
        provider = resources.Provider(
            self,
            "Provider",
            on_event_handler=begin,
            is_complete_handler=ask,
            query_interval=Duration.seconds(10),
            total_timeout=_PATIENCE,
            log_group=log,
        )
        _accept(Stack.of(self), provider, functions, cluster, task)
        return provider

    def _function(self, handler: str, log: logs.ILogGroup) -> lambda_.Function:
        return lambda_.Function(
            self,
            handler,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler=f"index.{handler}",
            code=lambda_.Code.from_asset(
                str(ROOT / "infra" / "functions" / "migrations"), exclude=["__pycache__"]
            ),
            timeout=Duration.minutes(1),
            log_group=log,
        )


def _rights(cluster: ecs.ICluster, task: ecs.FargateTaskDefinition) -> list[iam.PolicyStatement]:
    roles = [task.task_role.role_arn, task.obtain_execution_role().role_arn]
    return [
        iam.PolicyStatement(
            actions=["ecs:RunTask"],
            resources=[_revisions(task)],
            conditions={"ArnEquals": {"ecs:cluster": cluster.cluster_arn}},
        ),
        iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=roles,
            conditions={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        iam.PolicyStatement(
            actions=["cloudformation:DescribeStacks"], resources=[Stack.of(task).stack_id]
        ),
    ]


def _revisions(task: ecs.FargateTaskDefinition) -> str:
    """Return the ARN of any revision: the right must be there before the one it is for."""
    return Stack.of(task).format_arn(
        service="ecs", resource="task-definition", resource_name=f"{task.family}:*"
    )


def _right_to_look(cluster: ecs.ICluster) -> iam.PolicyStatement:
    tasks_of_cluster = permissions.tasks_of(Stack.of(cluster), cluster.cluster_name)
    return iam.PolicyStatement(actions=["ecs:DescribeTasks"], resources=[tasks_of_cluster])


def _accept(
    stack: Stack,
    provider: resources.Provider,
    functions: list[lambda_.Function],
    cluster: ecs.ICluster,
    task: ecs.FargateTaskDefinition,
) -> None:
    begin, ask = functions
    accept(
        begin,
        findings.on_resource(stack, _revisions(task)),
        "A revision has its number only once it is there; the wildcard stands for that alone.",
    )
    name = findings.imported(Stack.of(cluster), cluster.cluster_name)
    accept(
        ask,
        findings.on_resource(stack, permissions.tasks_of(stack, name)),
        "A task has a name only once it runs; it may be looked at, and nothing else.",
    )
    framework = [
        provider.node.find_child(f"framework-{part}") for part in ("isComplete", "onTimeout")
    ]
    for function in (*functions, *framework):
        accept(
            provider,
            findings.on_resource(stack, f"{function.function_arn}:*"),
            "The framework may call this function in each of its versions, of which there is one.",
        )
    accept(
        provider,
        "AwsSolutions-IAM5[Resource::*]",
        "Having its logs delivered has no resource to name.",
    )
    for construct in (*functions, provider):
        accept(construct, findings.BASIC_FUNCTION, "A function's own right to write logs.")
    accept(
        provider,
        "AwsSolutions-SF1",
        "It waits for one task; what went wrong is the deployment's own message.",
    )
    accept(provider, "AwsSolutions-SF2", "One run at a deployment needs no trace.")
