"""One page with what a deployment does, from a video's beginning to its end."""

from typing import TYPE_CHECKING

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb

from infra.control import told
from infra.data import DataStack

if TYPE_CHECKING:
    from infra.api import ApiStack
    from infra.workers import WorkerStack

_WIDTH = 8  # three in a row


def dashboard(
    stack: Stack,
    namespace: str,
    figures: str,
    *,
    data: DataStack,
    api: "ApiStack",
    workers: "WorkerStack",
    running: cloudwatch.IMetric,
) -> cloudwatch.Dashboard:
    """Make the dashboard: work, the API, what both stand on.

    Args:
        stack: it belongs to.
        namespace: of what log lines are counted as.
        figures: of what control tells.
        data: Postgres.
        api: with its load balancer.
        workers: with their load.
        running: how many workers run.
    """
    period = Duration.minutes(5)

    def count(name: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace, metric_name=name, period=period, statistic="Sum"
        )

    codes = cloudwatch.MathExpression(
        expression=f"SEARCH('{{\"{namespace}\",code}} MetricName=\"FailedByCode\"', 'Sum', 300)",
        using_metrics={},
        label="",
    )
    page = cloudwatch.Dashboard(stack, "Dashboard", default_interval=Duration.hours(12))
    page.add_widgets(
        _graph("Videos that wait or are worked on", workers.load),
        _graph("Workers that run", running),
        _graph("The longest that one of them has waited, in s", told(figures, "OldestWaiting")),
    )
    page.add_widgets(
        _graph("Videos that ended", count("Succeeded"), count("Failed")),
        _graph("Videos that failed, by code", codes),
        _graph("Attempts that are tried again", count("Released"), count("LeasesLapsed")),
    )
    page.add_widgets(
        _graph("Requests", api.balancer.metrics.request_count(), count("LimitedRequests")),
        _graph(
            "Errors and refusals",
            count("ServerErrors"),
            count("Overloaded"),
            count("ApiFaults"),
            count("ControlFaults"),
        ),
        _graph(
            "Time to answer, in s",
            *(
                api.targets.metrics.target_response_time(statistic=each)
                for each in ("p50", "p95", "p99")
            ),
        ),
    )
    page.add_widgets(
        _graph("API: processor and memory, in percent",
               api.service.metric_cpu_utilization(), api.service.metric_memory_utilization()),
        _graph("API: healthy tasks", api.targets.metrics.healthy_host_count()),
        _graph("Answers by kind", *(
            api.targets.metrics.http_code_target(each)
            for each in (elb.HttpCodeTarget.TARGET_2XX_COUNT, elb.HttpCodeTarget.TARGET_4XX_COUNT,
                         elb.HttpCodeTarget.TARGET_5XX_COUNT)
        )),
    )  # fmt: skip
    page.add_widgets(
        _graph("Postgres: processor, in percent", data.database.metric_cpu_utilization()),
        _graph("Postgres: connections", data.database.metric_database_connections()),
        _graph("Postgres: free disk, in bytes", data.database.metric_free_storage_space()),
    )
    return page


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=_WIDTH)
