"""How many workers there should be, decided once a minute from what CloudWatch shows. Pure.

The rule itself is the deployment's own (`infra.scaling`); here is when it is applied, and what is
assumed of the platform around it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from infra.scaling import CALM_S, IDLE_MINUTES, wanted

MINUTE_S = 60.0


@dataclass(frozen=True)
class Sample:
    """What CloudWatch holds about one minute.

    Attributes:
        at_s: the end of the minute.
        visible: messages that wait.
        in_flight: messages that are being worked on.
    """

    at_s: float
    visible: int
    in_flight: int

    @property
    def load(self) -> int:
        """Messages that wait or are being worked on."""
        return self.visible + self.in_flight


@dataclass(frozen=True)
class Policy:
    """The parameters of scaling, and what is assumed of the platform.

    Attributes:
        most: workers at most.
        fewest: workers at least.
        on_demand_base: so many of those that run are on demand; all others are Spot.
        slots: films that a worker encodes at once (`WORKER_CONCURRENCY`).
        calm_s: seconds since the last change before workers are taken away.
        idle_min: minutes in a row without a message, after which none is left.
        metric_delay_min: minutes until a figure of SQS can be acted on: SQS writes one each minute,
            CloudWatch has it some time later, and an alarm looks at whole minutes.
        start_s: seconds from the decision until a worker receives: capacity, network interface,
            image pull, start. An assumption: AWS names no figure, and it was not measured.
        launches_per_min: workers that ECS starts in a minute for one service. Fargate lets an
            account start 20 a second after a burst of 100 (AWS, "Fargate throttling quotas"), ECS
            a service 500 a minute (AWS, "Amazon ECS service quotas").
        protect: whether a worker with work is never stopped by scaling in.
        finish_s: of the two minutes after a Spot notice, the seconds that a worker uses to finish
            what it has begun; 0 is what the worker does: it gives its work back at once.
        lease_s: seconds until the work of a worker that died is queued again.
        max_attempts: attempts, lost with their worker, after which a video fails.
    """

    most: int
    fewest: int = 0
    on_demand_base: int = 0
    slots: int = 1
    calm_s: float = CALM_S
    idle_min: int = IDLE_MINUTES
    metric_delay_min: int = 1
    start_s: float = 50.0
    launches_per_min: int = 500
    protect: bool = True
    finish_s: float = 0.0
    lease_s: float = 62.5  # LEASE_S, and half of SWEEP_S on average
    max_attempts: int = 3


def desired(policy: Policy, seen: Sequence[Sample], now: int, unchanged_s: float) -> int:
    """Return how many workers should run.

    Args:
        policy: the parameters.
        seen: what CloudWatch has shown so far, the newest last.
        now: how many were wanted until now.
        unchanged_s: for how long so many.
    """
    if not seen:
        return max(policy.fewest, now)
    load = seen[-1].load
    if not load:
        return policy.fewest if _idle(policy, seen) else max(policy.fewest, now)
    number = max(wanted(math.ceil(load / policy.slots), policy.most), policy.fewest)
    if number < now and unchanged_s < policy.calm_s:
        return now
    return number


def _idle(policy: Policy, seen: Sequence[Sample]) -> bool:
    recent = seen[-policy.idle_min :]
    return len(recent) == policy.idle_min and not any(sample.load for sample in recent)
