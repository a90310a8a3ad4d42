"""A proxy before S3 and SQS that counts what goes through, by process and operation."""

from collections.abc import Callable

import aiohttp
from aiohttp import web

from bench.counting.tally import EMPTY_RECEIVE, Counts, Key
from tests.faults.operations import operation_of
from tests.faults.proxy import Proxy

# An answer without a message is `{}`, or has an empty list; one with a message has its body.
_NOTHING_BYTES = 40


class CountingProxy(Proxy):
    """Counts each request that is answered.

    It is counted before who asked hears of it: who has all answers finds all of them counted.

    Args:
        upstream: address of the emulator.
        who: names the process that has a port.
    """

    def __init__(self, upstream: str, who: Callable[[int], str]) -> None:
        super().__init__(upstream)
        self._who = who
        self._counts = Counts()

    def counts(self) -> Counts:
        """Return what has been counted so far."""
        return Counts(self._counts)

    def _answered(self, request: web.BaseRequest, answer: aiohttp.ClientResponse) -> None:
        operation = operation_of(request.method, request.raw_path, request.headers)
        of_sqs = "x-amz-target" in request.headers
        peer = request.transport.get_extra_info("peername") if request.transport else None
        # Asked only now: of the first requests the processes are not known yet.
        who = self._who(peer[1]) if peer else "browser"
        length = int(answer.headers.get("Content-Length", 0))
        self._counts += counted(
            operation, who, of_sqs=of_sqs, sent=request.content_length or 0, answered=length
        )


def counted(operation: str, who: str, *, of_sqs: bool, sent: int, answered: int) -> Counts:
    """Return the counts of one request.

    Args:
        operation: in the service's words.
        who: the process that asked.
        of_sqs: whether it was SQS that was asked, not S3.
        sent: bytes of the request's body.
        answered: bytes of the answer's body.
    """
    if not of_sqs:
        # The head of an object tells its length and sends nothing.
        received = 0 if operation.startswith("Head") else answered
        return Counts({
            Key("s3", who, operation): 1,
            Key("s3_sent", who, operation): sent,
            Key("s3_received", who, operation): received,
        })  # fmt: skip
    if operation == "ReceiveMessage" and answered <= _NOTHING_BYTES:
        operation = EMPTY_RECEIVE
    # A receive takes one message at a time while a worker does one task at a time.
    message = int(operation == "ReceiveMessage")
    return Counts({Key("sqs", who, operation): 1, Key("message", who, operation): message})
