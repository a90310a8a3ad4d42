"""The emulator's ASGI app, with two things that ministack does slowly done at once.

It reads a whole object from its disk for every range of it, on its event loop: a video that is
fetched in sixteen ranges is read sixteen times. Here an object is mapped while it is looked up, and
a range is a slice of that. Of an object of 250 MB, ranges came at some 900 MB/s instead of 45.

It looks for a message only every 0.1 s while somebody waits for one. Here who sends wakes who
waits: half of the time until an idle worker began was this (p50 0.13 s, now 0.08 s).

It runs in the emulator's own environment and leans on private functions of a version that is
locked by its hash.
"""

import asyncio
import contextvars
import mmap
import types
from typing import Any

from ministack.app import app
from ministack.services import s3, sqs

__all__ = ["app"]

_may_map: contextvars.ContextVar[bool] = contextvars.ContextVar("may_map", default=False)


def _map_objects() -> None:
    read_whole, get = s3._read_body, s3._get_object

    def read_body(bucket: str, key: str, obj: dict[str, Any]) -> Any:
        path = s3._object_disk_path(bucket, key)
        if not _may_map.get() or obj.get("body") is not None or path is None:
            return read_whole(bucket, key, obj)
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - a path of the emulator's, as text
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError):  # an empty file cannot be mapped
            return read_whole(bucket, key, obj)

    def get_object(*arguments: Any, **named: Any) -> Any:
        token = _may_map.set(True)
        try:
            status, headers, body = get(*arguments, **named)
        finally:
            _may_map.reset(token)
        return status, headers, body[:] if isinstance(body, mmap.mmap) else body

    s3._read_body, s3._get_object = read_body, get_object


def _wake_receivers() -> None:
    waiting: set[asyncio.Event] = set()
    send = sqs._act_send_message

    async def sleep(seconds: float) -> None:
        """Sleep as a receiver does between two looks, but not longer than until a message."""
        sent = asyncio.Event()
        waiting.add(sent)
        try:
            async with asyncio.timeout(seconds):
                await sent.wait()
        except TimeoutError:
            pass
        finally:
            waiting.discard(sent)

    def send_message(data: dict[str, Any], queue_url: str) -> Any:
        result = send(data, queue_url)
        for sent in waiting:
            sent.set()
        return result

    sqs._act_send_message = sqs._HANDLERS["SendMessage"] = send_message
    sqs.asyncio = types.SimpleNamespace(**{**vars(asyncio), "sleep": sleep})


_map_objects()
_wake_receivers()
