"""What is watched of what the API stands on, and of the API from outside."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_rds as rds

from infra.alarms import Watch
from infra.capacity import MEMORY_GIB, most_connections
from infra.sizes import Size

_GIB = 1024**3
_BOUNDS = "docs/operations.md, “Capacity limits”"
_DIES = "docs/operations.md, “When something dies”"


def of_api(
    balancer: elb.ApplicationLoadBalancer, targets: elb.ApplicationTargetGroup
) -> list[Watch]:
    """Return what is watched of the API from outside its tasks."""
    period = Duration.minutes(5)
    errors = cloudwatch.MathExpression(
        expression="IF(FILL(asked, 0) >= 20, 100 * (FILL(theirs, 0) + FILL(its, 0)) / asked, 0)",
        using_metrics={
            "asked": balancer.metrics.request_count(period=period),
            "theirs": targets.metrics.http_code_target(
                elb.HttpCodeTarget.TARGET_5XX_COUNT, period=period
            ),
            "its": balancer.metrics.http_code_elb(elb.HttpCodeElb.ELB_5XX_COUNT, period=period),
        },
        period=period,
        label="Answers of 5xx, in percent",
    )
    return [
        Watch(
            "ApiErrors", errors, 5, 2,
            "One answer in twenty is a 5xx: dependency_unavailable in the API's log names the "
            "dependency that is away; overloaded says that there are too few ECS tasks.",
        ),
        Watch(
            "ApiLatency",
            targets.metrics.target_response_time(period=period, statistic="p95"),
            2, 3,
            "One request in twenty takes over two seconds: look at the database's load and at "
            "`overloaded` in the API's log; more tasks help when their processors are busy.",
            where=_BOUNDS,
        ),
        Watch(
            "ApiUnhealthy",
            targets.metrics.unhealthy_host_count(period=Duration.minutes(1), statistic="Maximum"),
            1, 5,
            "A task of the API does not answer /healthz: its last lines in the log say why; ECS "
            "replaces it by itself.",
        ),
        Watch(
            "ApiGone",
            targets.metrics.healthy_host_count(period=Duration.minutes(1), statistic="Maximum"),
            1, 5,
            "No task of the API is healthy, so nobody is answered: the events of the ECS "
            "service and the API's log say why none starts.",
            below=True,
            missing=cloudwatch.TreatMissingData.BREACHING,
        ),
    ]  # fmt: skip


def of_database(size: Size, database: rds.DatabaseInstance) -> list[Watch]:
    """Return what is watched of Postgres."""
    period = Duration.minutes(5)
    most = most_connections(size.database_class)
    return [
        Watch(
            "DatabaseBusy", database.metric_cpu_utilization(period=period), 80, 3,
            "Postgres has been busy for a quarter of an hour: Performance Insights shows with "
            "what; a larger database_class is a change of size.",
            where=_BOUNDS,
        ),
        Watch(
            "DatabaseFull",
            database.metric_free_storage_space(period=period, statistic="Minimum"),
            min(5, size.database_gb / 10) * _GIB, 2,
            "The database's disk is nearly full; it grows by itself up to database_max_gb, so "
            "that is where it is: raise that.",
            below=True,
            where=_DIES,
        ),
        Watch(
            "DatabaseConnections",
            database.metric_database_connections(period=period, statistic="Maximum"),
            int(0.8 * most), 2,
            f"Four fifths of the {most} connections that Postgres takes are in use: fewer tasks, "
            "a smaller DATABASE_POOL_SIZE or a larger database_class.",
            where=_BOUNDS,
        ),
        Watch(
            "DatabaseMemory",
            database.metric_freeable_memory(period=period, statistic="Minimum"),
            0.05 * MEMORY_GIB[size.database_class] * _GIB, 3,
            "Postgres has hardly any memory left and will slow down or restart: Performance "
            "Insights shows what takes it; otherwise it needs a larger database_class.",
            below=True,
            where=_DIES,
        ),
    ]  # fmt: skip


def of_redis(size: Size, group: str) -> list[Watch]:
    """Return what is watched of Redis; `group` is the id of its replication group."""

    def each(metric: str) -> cloudwatch.MathExpression:
        # A node has no name of its own in the template; these are the ones that ElastiCache gives.
        nodes = [f"{group}-{number:03d}" for number in range(1, size.redis_replicas + 2)]
        return cloudwatch.MathExpression(
            expression="MAX(METRICS())",
            using_metrics={
                f"node{number}": cloudwatch.Metric(
                    namespace="AWS/ElastiCache",
                    metric_name=metric,
                    dimensions_map={"CacheClusterId": node},
                    period=Duration.minutes(5),
                    statistic="Maximum",
                )
                for number, node in enumerate(nodes, 1)
            },
            period=Duration.minutes(5),
            label=f"{metric} of the node that has most",
        )

    return [
        Watch(
            "RedisMemory", each("DatabaseMemoryUsagePercentage"), 75, 2,
            "Redis fills up. It holds sessions and counters, a few kB for each person who is "
            "logged in: a larger redis_node.",
            where=_DIES,
        ),
        Watch(
            "RedisBusy", each("EngineCPUUtilization"), 80, 3,
            "Redis has been busy for a quarter of an hour: a larger redis_node.",
            where=_BOUNDS,
        ),
    ]  # fmt: skip
