"""What the processes' log lines are counted as. Pure.

Every line is JSON with `event`; docs/operations.md says what each event means. A count is a metric
of the deployment's own namespace, made from the lines of one log group.
"""

from dataclasses import dataclass

from core.model.failure_codes import OURS

# Written with a traceback: something that nobody foresaw.
FAULTS = (
    "attempt_failed", "unhandled_error", "round_failed", "message_not_settled",
    "row_set_back", "not_begun",
)  # fmt: skip
DEAD = ("dead_letter", "dead_letter_not_understood")


@dataclass(frozen=True)
class Count:
    """How often something was logged.

    Attributes:
        metric: its name.
        pattern: which lines count, in the language of CloudWatch Logs.
        by: field whose values are counted apart from each other; None for one number.
        value: what a line adds: a number, or a field that has one.
    """

    metric: str
    pattern: str
    by: str | None = None
    value: str = "1"


def _any_of(field: str, values: tuple[str, ...]) -> str:
    return "(" + " || ".join(f'$.{field} = "{value}"' for value in values) + ")"


# Told by workers, and by control of those that it gives up.
_FAILED = (
    Count("Failed", '{ $.event = "failed" }'),
    Count("FailedByCode", '{ $.event = "failed" }', by="code"),
    Count("FailedByUs", f'{{ $.event = "failed" && {_any_of("code", OURS)} }}'),
)
WORKER = (
    *_FAILED,
    Count("Succeeded", '{ $.event = "succeeded" }'),
    Count("Released", '{ $.event = "released" }'),
    Count("WaitingForCapacity", '{ $.event = "waiting_for_capacity" }'),
    Count("WeakSandbox", '{ $.event = "sandbox" && $.level = "warning" }'),
    Count("WorkerFaults", f"{{ {_any_of('event', FAULTS)} }}"),
)
API = (
    Count("ServerErrors", '{ $.event = "request" && $.status >= 500 }'),
    Count("Requests", '{ $.event = "request" }'),
    Count("LimitedRequests", '{ $.event = "request" && $.status = 429 }'),
    Count("NotReady", '{ $.event = "not_ready" }', by="dependency"),
    Count("Overloaded", '{ $.event = "overloaded" }'),
    Count("ApiFaults", f"{{ {_any_of('event', FAULTS)} }}"),
)
CONTROL = (
    *_FAILED,
    Count("LeasesLapsed", '{ $.event = "leases_lapsed" }', value="$.count"),
    Count("DeadLetters", f"{{ {_any_of('event', DEAD)} }}"),
    Count("ControlFaults", f"{{ {_any_of('event', FAULTS)} }}"),
)
