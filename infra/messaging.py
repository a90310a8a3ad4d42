"""The queue of tasks, and where messages go that cannot be worked off."""

from typing import Any

from aws_cdk import Duration, Stack
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.description import described
from infra.sizes import Size


class MessagingStack(Stack):
    """The queues. Postgres knows what must be done: they hold only hints, and may be lost.

    Attributes:
        queue: hints that there is work.
        dead_letters: messages that were received too often.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        size: Size,  # noqa: ARG002 - queues cost by use: they are the same in every size
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        description = described()
        self.dead_letters = _queue(self, "DeadLetters", description["dead_letter_queue"])
        self.queue = _queue(
            self,
            "Tasks",
            description["queue"],
            sqs.DeadLetterQueue(
                queue=self.dead_letters, max_receive_count=description["max_receive_count"]
            ),
        )


def _queue(
    stack: Stack, name: str, attributes: dict[str, str], dead: sqs.DeadLetterQueue | None = None
) -> sqs.Queue:
    """Make a queue with attributes as SQS names them: text, in seconds.

    Raises:
        ValueError: one of them is not translated yet.
    """
    known = {
        "VisibilityTimeout": "visibility_timeout",
        "ReceiveMessageWaitTimeSeconds": "receive_message_wait_time",
        "MessageRetentionPeriod": "retention_period",
    }
    unknown = {*attributes} - {*known}
    if unknown:
        raise ValueError(f"The queue has attributes that are not known here: {sorted(unknown)}.")
    return sqs.Queue(
        stack,
        name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        dead_letter_queue=dead,
        **{known[key]: Duration.seconds(int(value)) for key, value in attributes.items()},
    )
