"""Sends CloudWatch the number of tasks: the workers on AWS are scaled by it.

IAM: cloudwatch:PutMetricData, with the condition cloudwatch:namespace.
"""

from typing import Any

from control.demand import Demand, demand
from core.adapters.aws_errors import translated
from core.adapters.postgres import Database

# Three times in the minute that its alarms look at: a figure that is lost leaves no gap.
EVERY_S = 20.0


class CloudWatch:
    """Puts metrics under a namespace of this deployment's own."""

    def __init__(self, client: Any, namespace: str) -> None:
        self._client = client
        self._namespace = namespace

    async def tell(self, db: Database, max_attempts: int) -> None:
        """Send the present numbers. A number that cannot be counted is not sent, and never as 0.

        Raises:
            DatabaseAway: the database does not answer.
            Unavailable: CloudWatch does not, or refuses it.
        """
        async with db.autocommit() as connection:
            now = await demand(connection, max_attempts)
        with translated("CloudWatch"):
            await self._client.put_metric_data(Namespace=self._namespace, MetricData=data(now))


def data(now: Demand) -> list[dict[str, Any]]:
    """Return the metrics as CloudWatch takes them."""
    values = {
        "TasksWanted": (now.wanted, "Count"),
        "TasksWaiting": (now.waiting, "Count"),
        "TasksHeld": (now.held, "Count"),
        "OldestWaiting": (now.oldest_s, "Seconds"),
    }
    return [
        {"MetricName": name, "Value": value, "Unit": unit} for name, (value, unit) in values.items()
    ]
