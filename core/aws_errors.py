"""What a failed call to S3 or SQS means to us."""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp  # the SDK's transport, whose errors come through while a body is read
from botocore.exceptions import BotoCoreError, ClientError

from core.errors import Unavailable


def code_of(error: ClientError) -> str:
    """Return the service's word for an error, such as `NoSuchUpload` or `404`."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def translated(part: str) -> Iterator[None]:
    """Turn the SDK's errors into `Unavailable`; `part` names who does not answer.

    Errors that the caller understands must be caught inside the block.
    """
    try:
        yield
    except ClientError as error:
        raise Unavailable(
            f"{part} refused a request ({code_of(error)}).", retry_after_s=5
        ) from error
    except (BotoCoreError, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise Unavailable(f"{part} does not answer.", retry_after_s=5) from error
