"""Tells listeners which videos changed, over Redis pub/sub.

An event has a video's id and its new version, and the listener reads the row. An event of progress
brings the progress itself. Events may be lost, so nothing may depend on one. A lost event only
makes an update late.
"""

import asyncio
import contextlib
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import redis.asyncio as redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from core import log

_log = log.get(__name__)
_RECONNECT_S = 1.0
# A connection on which nothing came for so long is asked whether it lives, and given up after as
# long again: one that is frozen would look like one on which nothing happens.
_QUIET_S = 15.0


@dataclass(frozen=True)
class VideoEvent:
    """A video of a user has reached a version, or got further at the one that it has.

    Attributes:
        user_id: whose it is.
        video_id: the video.
        version: that it has reached; 0 for `progress`.
        job_id: which has got further.
        progress: how far that is, as a JSON object; None for a version.
    """

    user_id: uuid.UUID
    video_id: uuid.UUID
    version: int = 0
    job_id: uuid.UUID | None = None
    progress: str | None = None


def channel(user_id: uuid.UUID) -> str:
    """Return the channel for new versions of a user's videos."""
    return f"video-events:{user_id}"


def progress_channel(user_id: uuid.UUID) -> str:
    """Return the channel for progress.

    Another one: the release before, which may go on beside this one, listens at the other and would
    listen no more after a word that it does not understand.
    """
    return f"video-progress:{user_id}"


def _channels(users: Iterable[uuid.UUID]) -> list[str]:
    return [of(user_id) for user_id in users for of in (progress_channel, channel)]


def _user_of(channel: str) -> uuid.UUID:
    return uuid.UUID(channel.rpartition(":")[2])


def progress_of(video_id: uuid.UUID, job_id: uuid.UUID) -> str:
    """Return the beginning of a progress message; the progress as JSON follows."""
    return f"{video_id} {job_id} "


async def announce(client: redis.Redis, events: Iterable[VideoEvent]) -> None:
    """Tell everybody who listens.

    Raises:
        RedisError: Redis is away.
    """
    async with client.pipeline(transaction=False) as pipeline:
        for event in events:
            pipeline.publish(channel(event.user_id), f"{event.video_id} {event.version}")
        await pipeline.execute()


class Subscriber:
    """One Redis connection for all listeners of a process.

    Use `run` as a background task and `listen` once for each listener.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._pubsub: Any = client.pubsub(ignore_subscribe_messages=True)
        self._listeners: defaultdict[uuid.UUID, set[asyncio.Queue[VideoEvent]]] = defaultdict(set)
        self._changed = asyncio.Event()
        self._closed = False
        # Two who subscribe at once would each open a connection, and one of them be forgotten.
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def listen(self, user_id: uuid.UUID) -> AsyncIterator["asyncio.Queue[VideoEvent]"]:
        """Lend a queue that receives the user's events from now on."""
        queue: asyncio.Queue[VideoEvent] = asyncio.Queue(maxsize=1000)
        listeners = self._listeners[user_id]
        listeners.add(queue)
        try:
            if len(listeners) == 1:
                await self._tell(user_id)
            yield queue
        finally:
            listeners.discard(queue)
            if not listeners:
                del self._listeners[user_id]
                await self._tell(user_id)

    async def run(self) -> None:
        """Hand out what arrives until cancelled; a lost connection is made again."""
        while True:
            try:
                await self._hand_out()
            except Exception as error:  # noqa: BLE001 - all streams of the process need this task
                _log.warning("events_lost_connection", error=repr(error))
                async with self._lock:
                    await self._disconnect()
                await asyncio.sleep(_RECONNECT_S)

    async def close(self) -> None:
        """Close the connection for good: who leaves after this must not open another."""
        self._closed = True
        await self._disconnect()

    async def _disconnect(self) -> None:
        with contextlib.suppress(RedisError, OSError):
            await self._pubsub.aclose()

    async def _hand_out(self) -> None:
        await self._follow(*self._listeners)  # those too that came while Redis was away
        while True:
            if not self._pubsub.subscribed:
                self._changed.clear()
                await self._follow(*self._listeners)
                if not self._listeners:
                    await self._changed.wait()
                continue
            message = await self._next()
            if message is not None:
                user_id = _user_of(str(message["channel"]))
                self._deliver(user_id, str(message["data"]))
                if user_id not in self._listeners:
                    await self._follow(user_id)  # its last listener was cut off while leaving

    async def _next(self) -> dict[str, Any] | None:
        """Return the next message, or None for anything else that arrived.

        Raises:
            ConnectionError: redis-py's; the connection is dead.
        """
        clock = asyncio.get_running_loop().time
        for asked in (False, True):
            began = clock()
            message = await self._read()
            if message is not None:
                return message if message["type"] == "message" else None
            if clock() - began < _QUIET_S * 0.9:
                return None  # a confirmation, of which redis-py says nothing
            if not asked:
                async with self._lock:
                    await self._pubsub.ping()
        raise RedisConnectionError("nothing came, and no answer either")

    async def _read(self) -> dict[str, Any] | None:
        """Return what comes within `_QUIET_S`.

        The `get_message` of redis-py (8.1.0) opens a lost connection again while somebody else
        subscribes and does the same: one of the two was left open, and both read from the other.
        """
        answer = await self._pubsub.connection.read_response(
            timeout=_QUIET_S, disconnect_on_error=False, push_request=True
        )
        message: dict[str, Any] | None = await self._pubsub.handle_message(answer, True)
        return message

    async def _tell(self, user_id: uuid.UUID) -> None:
        self._changed.set()
        try:
            await self._follow(user_id)
        except (RedisError, OSError) as error:
            _log.warning("events_not_subscribed", error=repr(error))

    async def _follow(self, *users: uuid.UUID) -> None:
        """Subscribe to the users who are listened to, and unsubscribe from the others."""
        async with self._lock:
            if self._closed:
                return
            wanted = [user_id for user_id in users if user_id in self._listeners]
            unwanted = [user_id for user_id in users if user_id not in self._listeners]
            if wanted:
                await self._pubsub.subscribe(*_channels(wanted))
            if unwanted:
                await self._pubsub.unsubscribe(*_channels(unwanted))

    def _deliver(self, user_id: uuid.UUID, data: str) -> None:
        try:
            video_id, reached, *progress = data.split(" ", 2)
            event = (
                VideoEvent(user_id, uuid.UUID(video_id), 0, uuid.UUID(reached), *progress)
                if progress
                else VideoEvent(user_id, uuid.UUID(video_id), int(reached))
            )
        except ValueError:
            # Perhaps from another release: one unknown event must not stop the others.
            _log.warning("event_not_understood")
            return
        for queue in self._listeners.get(user_id, ()):
            # A listener with a full queue will read everything again anyway.
            with contextlib.suppress(asyncio.QueueFull):
                queue.put_nowait(event)
