"""The alarms: what is watched, from when on somebody is told, and what they should do."""

from collections.abc import Iterable
from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns

_MEANING = "docs/operations.md, “What each alarm means”"


@dataclass(frozen=True)
class Watch:
    """One alarm.

    Attributes:
        name: of it.
        metric: what is watched.
        threshold: from which value on it is too much, or with `below` too little.
        times: so many periods of the metric one after the other.
        says: what it means and what to do, for who is woken by it.
        below: too little is what is wrong.
        missing: what no figure at all means.
        where: which part of the documentation tells more.
    """

    name: str
    metric: cloudwatch.IMetric
    threshold: float
    times: int
    says: str
    below: bool = False
    missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING
    where: str = _MEANING


def raise_alarms(
    stack: Stack, watches: Iterable[Watch], topic: sns.ITopic
) -> list[cloudwatch.Alarm]:
    """Make the alarms; each tells when it begins and when it is over."""
    made = []
    for watch in watches:
        alarm = cloudwatch.Alarm(
            stack,
            watch.name,
            metric=watch.metric,
            threshold=watch.threshold,
            evaluation_periods=watch.times,
            comparison_operator=(
                cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
                if watch.below
                else cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            ),
            treat_missing_data=watch.missing,
            alarm_description=f"{watch.says} See {watch.where}.",
        )
        alarm.add_alarm_action(actions.SnsAction(topic))
        alarm.add_ok_action(actions.SnsAction(topic))
        made.append(alarm)
    return made
