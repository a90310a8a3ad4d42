"""What watches the deployment: counts of log lines, alarms, a dashboard, a budget."""

from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra import log_events, watched_dependencies, watches
from infra.alarms import raise_alarms
from infra.api import ApiStack
from infra.dashboard import dashboard
from infra.data import DataStack
from infra.messaging import MessagingStack
from infra.sizes import Size
from infra.workers import WorkerStack

_TELLERS = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")
# Of the month's budget, in percent; the last one when the month is foreseen to go over it.
_SPENT = (50, 90, 100)


class ObservabilityStack(Stack):
    """Alarms go to one topic, and from there to a mail address where one is given.

    Attributes:
        topic: subscribe to it whatever should know.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        size: Size,
        messaging: MessagingStack,
        data: DataStack,
        api: ApiStack,
        workers: WorkerStack,
        cluster_name: str,
        figures: str,
        alarm_email: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self.topic = _topic(self, alarm_email)
        # All processes' lines, under the deployment's own name.
        namespace = self.stack_name
        _count(self, "Count", workers.log, log_events.WORKER)
        _count(self, "Count", api.log, log_events.API)
        _count(self, "ControlCount", api.control.log, log_events.CONTROL)
        redis = Stack.of(data).node.find_child("Redis")
        service = workers.service.service_name
        raise_alarms(
            self,
            [
                *watches.of_work(figures, messaging.dead_letters),
                *watched_dependencies.of_api(api.balancer, api.targets),
                *watches.of_control(cluster_name, api.control.service.service_name, figures),
                *watches.of_workers(size, cluster_name, service, figures),
                *watches.of_logs(namespace),
                *watched_dependencies.of_database(size, data.database),
                *watched_dependencies.of_redis(size, redis.ref),
            ],
            self.topic,
        )
        dashboard(
            self,
            namespace,
            figures,
            data=data,
            api=api,
            workers=workers,
            running=watches.running(cluster_name, service),
        )
        _budget(self, size, self.topic, alarm_email)


def _topic(stack: Stack, alarm_email: str | None) -> sns.Topic:
    """Make the topic. Its key is one of our own: AWS's own lets no alarm write."""
    key = kms.Key(
        stack,
        "TopicKey",
        description="What alarms say on their way",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.DESTROY,
    )
    topic = sns.Topic(stack, "Alarms", master_key=key, enforce_ssl=True)
    for teller in _TELLERS:
        own = {"StringEquals": {"aws:SourceAccount": stack.account}}
        principal = iam.ServicePrincipal(teller)
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[principal],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],  # in a key's policy: this key
                conditions=own,
            )
        )
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[principal],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions=own,
            )
        )
    if alarm_email:
        topic.add_subscription(subscriptions.EmailSubscription(alarm_email))
    return topic


def _count(
    stack: Stack, prefix: str, log: logs.ILogGroup, counts: tuple[log_events.Count, ...]
) -> None:
    for count in counts:
        logs.MetricFilter(
            stack,
            f"{prefix}{count.metric}",
            log_group=log,
            filter_pattern=logs.FilterPattern.literal(count.pattern),
            metric_namespace=stack.stack_name,
            metric_name=count.metric,
            metric_value=count.value,
            # Zeros for the minutes with other lines only, which a count by values cannot have.
            default_value=None if count.by else 0,
            dimensions={count.by: f"$.{count.by}"} if count.by else None,
        )


def _budget(stack: Stack, size: Size, topic: sns.ITopic, alarm_email: str | None) -> None:
    """Have it told when the month costs more than it should.

    AWS counts by a tag once it has been activated for billing; until then it sees nothing of it. So
    the whole account is counted, which for an account of its own is the same.
    """
    subscriber = budgets.CfnBudget.SubscriberProperty(
        subscription_type="EMAIL" if alarm_email else "SNS",
        address=alarm_email or topic.topic_arn,
    )
    notices = [("ACTUAL", percent) for percent in _SPENT] + [("FORECASTED", _SPENT[-1])]
    budgets.CfnBudget(
        stack,
        "Budget",
        budget=budgets.CfnBudget.BudgetDataProperty(
            budget_name=stack.stack_name,
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=budgets.CfnBudget.SpendProperty(
                amount=size.monthly_budget_usd, unit="USD"
            ),
        ),
        notifications_with_subscribers=[
            budgets.CfnBudget.NotificationWithSubscribersProperty(
                notification=budgets.CfnBudget.NotificationProperty(
                    notification_type=kind,
                    comparison_operator="GREATER_THAN",
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                ),
                subscribers=[subscriber],
            )
            for kind, percent in notices
        ],
    )
