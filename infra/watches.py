"""What is watched of the work: what waits, control, workers, and what all processes log."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from infra.alarms import Watch
from infra.control import told
from infra.sizes import Size

_SCALE = "docs/operations.md, “Scale”"


def of_work(figures: str, dead_letters: sqs.IQueue) -> list[Watch]:
    """Return what is watched of the work that waits.

    Args:
        figures: the namespace of what control tells.
        dead_letters: the queue of what was received too often.
    """
    return [
        Watch(
            "QueueAge", told(figures, "OldestWaiting"), 900, 15,
            "Videos have been waiting for a quarter of an hour: are workers running, and do they "
            "end videos? If all worker_max are busy, raise it or choose a larger size.",
        ),
        Watch(
            "DeadLettersLeft",
            dead_letters.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(5), statistic="Maximum"
            ),
            1, 3,
            "Dead letters lie there and nobody settles them, which control should: look for "
            "round_failed and round_delayed in its log.",
        ),
    ]  # fmt: skip


def of_control(cluster: str, service: str, figures: str) -> list[Watch]:
    """Return what is watched of control from outside."""
    return [
        Watch(
            "ControlGone", running(cluster, service), 1, 2,
            "No task of control runs, so nothing that is queued reaches a worker, and nothing is "
            "swept. Nothing is lost by that: the events of the ECS service say why none starts.",
            below=True,
            missing=cloudwatch.TreatMissingData.BREACHING,
        ),
        Watch(
            "TasksUnknown", told(figures, "TasksWanted", "SampleCount", minutes=5), 1, 2,
            "Control does not tell how many tasks want a worker, so the fleet stays as large as "
            "it is: round_delayed with work=cloudwatch in its log says what keeps it from that.",
            below=True,
            missing=cloudwatch.TreatMissingData.BREACHING,
        ),
    ]  # fmt: skip


def of_workers(size: Size, cluster: str, service: str, figures: str) -> list[Watch]:
    """Return what is watched of the workers from outside; `figures` as for `of_work`."""
    # Where videos wait and no worker holds any, whoever runs takes none: busy workers, or none yet,
    # are told by other alarms.
    idle = cloudwatch.MathExpression(
        expression="IF(FILL(waiting, 0) > 0 AND FILL(held, 0) == 0 AND FILL(running, 0) > 0, 1, 0)",
        using_metrics={
            "waiting": told(figures, "TasksWaiting", "Minimum", minutes=5),
            "held": told(figures, "TasksHeld", minutes=5),
            "running": running(cluster, service),
        },
        period=Duration.minutes(5),
        label="Videos wait, workers run, and none works",
    )
    return [
        Watch(
            "VideosWait", idle, 1, 3,
            "Videos wait although workers run: none of them takes one. waiting_for_capacity in "
            "their log says that disk or memory is short (raise worker_disk_gb); receive_failed "
            "or claim_failed that they cannot reach the queue or Postgres.",
        ),
        Watch(
            "WorkersAtMost", running(cluster, service), size.worker_max, 12,
            f"All {size.worker_max} workers that the size allows have run for an hour: videos may "
            "wait. Raise worker_max or choose a larger size, unless ever fewer wait.",
            where=_SCALE,
        ),
    ]  # fmt: skip


def running(cluster: str, service: str) -> cloudwatch.Metric:
    """Return how many tasks of a service run (Container Insights)."""
    return cloudwatch.Metric(
        namespace="ECS/ContainerInsights",
        metric_name="RunningTaskCount",
        dimensions_map={"ClusterName": cluster, "ServiceName": service},
        period=Duration.minutes(5),
        statistic="Minimum",
    )


def of_logs(namespace: str) -> list[Watch]:
    """Return what is watched of what the processes write; see infra/log_events.py."""

    def count(name: str, minutes: int = 5) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=name,
            period=Duration.minutes(minutes),
            statistic="Sum",
        )

    share = cloudwatch.MathExpression(
        expression="IF(failed + succeeded >= 5, 100 * failed / (failed + succeeded), 0)",
        using_metrics={"failed": count("Failed", 60), "succeeded": count("Succeeded", 60)},
        period=Duration.minutes(60),
        label="Videos that failed, in percent",
    )
    return [
        Watch(
            "VideosFailedByUs", count("FailedByUs", 15), 1, 1,
            "A video failed and was not at fault: `failed` in the log of the workers or of "
            "control has its code and its video_id. It can be tried again once the cause is gone.",
        ),
        Watch(
            "VideosFail", share, 30, 1,
            "Three videos in ten failed within an hour: the dashboard shows with which codes. "
            "Many of one code of the input are somebody's broken camera, or a change of ours.",
        ),
        Watch(
            "DeadLetter", count("DeadLetters"), 1, 1,
            "A message was received twenty times and never settled: a worker dies before it "
            "can. Look for the task_id in the workers' log, and for exit status 137 (memory).",
        ),
        Watch(
            "LeasesLapse", count("LeasesLapsed", 15), 3, 1,
            "Workers fall silent: killed, out of memory, or cut off from Postgres. The stopped "
            "tasks of the ECS service say which.",
        ),
        Watch(
            "NotReady", cloudwatch.MathExpression(
                expression="SUM(METRICS())",
                using_metrics={
                    name: cloudwatch.Metric(
                        namespace=namespace,
                        metric_name="NotReady",
                        dimensions_map={"dependency": name},
                        period=Duration.minutes(5),
                        statistic="Sum",
                    )
                    for name in ("postgres", "redis", "s3", "sqs")
                },
                period=Duration.minutes(5),
                label="Dependencies that did not answer",
            ), 5, 2,
            "Postgres, Redis, S3 or SQS does not answer the API; `dependency` in its log says "
            "which one. Nothing need be restarted here.",
        ),
        Watch(
            # Written once, when it begins.
            "WorkersShort", count("WaitingForCapacity", 15), 1, 1,
            "A worker takes no video because its disk or memory is short: raise worker_disk_gb, "
            "which must hold a source that is fetched whole, and 4 GiB.",
        ),
        Watch(
            "Faults", cloudwatch.MathExpression(
                expression="SUM(METRICS())",
                using_metrics={
                    "api": count("ApiFaults"),
                    "control": count("ControlFaults"),
                    "workers": count("WorkerFaults"),
                },
                period=Duration.minutes(5),
                label="Faults with a traceback",
            ), 1, 1,
            "A fault of ours, with a traceback in the log: report it.",
        ),
    ]  # fmt: skip
