"""What we need from a store and a queue, and which target does not do it.

A test names what it is about with `@relies_on(Promise.…)`. Where the table below says that a target
does not keep that promise, the test must fail there: should it pass, the target has changed, and
the run fails to say so. docs/stores.md shows the same table to people.
"""

from enum import StrEnum

import pytest


class Promise(StrEnum):
    """What a store must do; the words are those of docs/stores.md."""

    SIGNATURE = "a presigned URL works for the signed action and object only"
    LENGTH = "a part with a different length than signed is refused"
    EXPIRY = "a presigned URL expires"
    UNSIGNED = "a request without a signature is refused"
    UNKNOWN_KEY = "a request signed with an unknown access key is refused"
    SECRET = "a request signed with a wrong secret is refused"
    PART_ORDER = "parts listed in the wrong order are refused"
    PART_SIZE = "a part below 5 MiB that is not the last is refused"
    PART_ETAG = "a missing part, or one with a wrong ETag, is refused"
    NO_UPLOAD = "the answer for an upload that is not open is `NoSuchUpload`"
    LISTED = "unfinished uploads are listed by the beginning of their key"
    RANGES = "ranges are read exactly, and refused after the end"
    VERSION = "a read with the ETag of another version is refused"
    CORS = "only pages of the listed origins can send; all can read by a signed URL (CORS)"
    VISIBILITY = "a received message is hidden, and comes again if it is not deleted"
    DEAD_LETTER = "a message that is received too often goes to the dead-letter queue"
    LONG_POLL = "a long poll returns when a message comes, not before"


EMBEDDED = "embedded"
LOCALSTACK = "localstack"
AWS = "aws"  # and whatever else keeps every promise
TARGETS = (EMBEDDED, LOCALSTACK, AWS)

NOT_KEPT: dict[str, dict[Promise, str]] = {
    EMBEDDED: {
        Promise.SECRET: "signatures in headers are not compared for its own access key",
        Promise.PART_ORDER: "it puts parts together in the order of their numbers",
        Promise.PART_SIZE: "it takes parts of every size",
    },
    LOCALSTACK: {
        Promise.UNSIGNED: "it looks at signatures only where there are some",
        Promise.UNKNOWN_KEY: "every access key is an account of its own",
        Promise.SECRET: "signatures in headers are not looked at",
    },
    AWS: {},
}


# Anything else than a promise not kept, such as a target that does not answer, is a failure.
_BROKEN = (AssertionError, pytest.fail.Exception)


def relies_on(promise: Promise) -> pytest.MarkDecorator:
    """Say which promise a test is about."""
    return pytest.mark.relies_on(promise)


def expect(items: list[pytest.Item], target: str) -> None:
    """Expect those tests to fail whose promise the target does not keep."""
    for item in items:
        for mark in item.iter_markers("relies_on"):
            reason = NOT_KEPT[target].get(mark.args[0])
            if reason is not None:
                told = f"{target}: {reason}"
                item.add_marker(pytest.mark.xfail(strict=True, raises=_BROKEN, reason=told))
