"""Translates errors of S3 and SQS into our own."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp  # the SDK's transport, whose errors come through while a body is read
from botocore.exceptions import BotoCoreError, ClientError

from core.errors import Refused, Unavailable

_TOO_MANY = 429
_BUSY = frozenset({"SlowDown", "Throttling", "ThrottlingException", "RequestTimeout"})


def code_of(error: ClientError) -> str:
    """Return the service's code of an error, such as `NoSuchUpload` or `404`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _passes(error: ClientError) -> bool:
    """Tell whether a service is in trouble, and not our request."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return status >= 500 or status == _TOO_MANY or code_of(error) in _BUSY


@contextmanager
def translated(dependency: str) -> Iterator[None]:
    """Turn the SDK's errors into `Unavailable`; `dependency` names who does not answer.

    Errors that the caller understands must be caught inside the block.
    """
    try:
        yield
    except ClientError as error:
        kind = Unavailable if _passes(error) else Refused
        raise kind(
            f"{dependency} refused a request ({code_of(error)}).", retry_after_s=5
        ) from error
    except (BotoCoreError, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Unavailable(f"{dependency} does not answer.", retry_after_s=5) from error
