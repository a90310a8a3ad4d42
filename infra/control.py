"""Control: one small task that relays, sweeps and counts, beside the API."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ecs as ecs
from constructs import Construct

from infra import images, permissions, settings, tasks
from infra.data import DataStack
from infra.messaging import MessagingStack
from infra.network import NetworkStack
from infra.storage import StorageStack

_STOP_S = 30
# A quarter of a core: it waits for Postgres, the queue and the store nearly all the time.
_CPU, _MEMORY_MB = 256, 512


class Control(Construct):
    """One task of control, on demand.

    It is in the stack of the API, so that a release has both: an API that sends nothing itself is
    not left alone, and both come after the same migrations. While the task is replaced nothing is
    lost: what is queued waits in Postgres until the next one sends it. In a deployment the new
    task starts beside the old one, and for that while both work, which harms nothing.

    Attributes:
        service: the task's.
        log: what it says.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        cluster: ecs.ICluster,
        network: NetworkStack,
        storage: StorageStack,
        messaging: MessagingStack,
        data: DataStack,
        places: settings.Places,
        namespace: str,
    ) -> None:
        super().__init__(scope, "Control")
        stack = Stack.of(self)
        self.log = tasks.log_group(stack, "ControlLog")
        task = tasks.definition(stack, "ControlTask", cpu=_CPU, memory_mb=_MEMORY_MB)
        tasks.add_container(
            task,
            "control",
            images.CONTROL,
            command=["python", "-m", "control"],
            environment=settings.of_control(places, namespace),
            log=self.log,
            stop_s=_STOP_S,
            secrets={"REDIS_PASSWORD": ecs.Secret.from_secrets_manager(data.redis_secret)},
            health_check=tasks.health_check(images.CONTROL),
        )
        rights = permissions.of_control(
            storage.bucket,
            messaging.queue,
            messaging.dead_letters,
            places.database_secret,
            namespace,
        )
        permissions.allow(task.task_role, rights)
        permissions.accept_objects(task.task_role, storage.bucket)
        permissions.accept_metrics(task.task_role)
        self.service = tasks.service(
            self, "Service", task, cluster=cluster, group=network.control_group, desired_count=1
        )


def namespace_of(name: str) -> str:
    """Return where a deployment's control tells its figures: an account may have several."""
    return f"Framemill/{name}"


def told(
    namespace: str, metric: str, statistic: str = "Maximum", minutes: int = 1
) -> cloudwatch.Metric:
    """Return a figure that control tells, see control/cloudwatch.py; two that tell it agree."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=metric,
        period=Duration.minutes(minutes),
        statistic=statistic,
    )
