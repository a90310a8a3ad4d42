"""Sends CloudWatch the number of tasks: the workers on AWS are scaled by it.

IAM: cloudwatch:PutMetricData, with the condition cloudwatch:namespace.
"""

from functools import partial
from typing import Any

from control.demand import demand
from control.repeating import repeat
from control.settings import Settings
from core.adapters import aws
from core.adapters.aws_errors import translated
from core.adapters.postgres import Database

# Three times in the minute that its alarms look at: a figure that is lost leaves no gap.
EVERY_S = 20.0


async def report(settings: Settings, namespace: str, db: Database) -> None:
    """Send the present numbers again and again until cancelled."""
    async with aws.client(settings, "cloudwatch") as client:
        work = partial(tell, client, namespace, db, settings.max_attempts)
        await repeat("cloudwatch", work, EVERY_S)


async def tell(client: Any, namespace: str, db: Database, max_attempts: int) -> None:
    """Send the present numbers. A number that cannot be counted is not sent, and never as 0.

    Raises:
        DatabaseAway: the database does not answer.
        Unavailable: CloudWatch does not, or refuses it.
    """
    async with db.autocommit() as connection:
        now = await demand(connection, max_attempts)
    values = (
        ("TasksWanted", now.wanted, "Count"),
        ("TasksWaiting", now.waiting, "Count"),
        ("TasksHeld", now.held, "Count"),
        ("OldestWaiting", now.oldest_s, "Seconds"),
    )
    data = [{"MetricName": name, "Value": value, "Unit": unit} for name, value, unit in values]
    with translated("CloudWatch"):
        await client.put_metric_data(Namespace=namespace, MetricData=data)
