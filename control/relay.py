"""The relay: sends each row of the outbox to its topic."""

import asyncio
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from prometheus_client import Gauge
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, Row, and_, any_, func, or_, select, update

from control.adapters import Adapters
from control.repeating import once
from control.rounds import handle_due
from core import events, log, setbacks
from core.adapters.postgres import IDS
from core.errors import DatabaseAway, Unavailable
from core.model.states import Topic
from core.model.tables import Outbox
from core.setbacks import Kind

_log = log.get(__name__)
_SENT = Gauge("framemill_tasks_sent", "Hints sent for tasks. Rises.")
_BATCH = 100
_SENDING_S = 10  # a sender that has not answered by then is taken for dead; twice does no harm
_EVENTS_S = 2.0  # Redis takes a few milliseconds; one that hangs is tried again later
_COLUMNS = (Outbox.id, Outbox.key, Outbox.payload)


class Relay:
    """Sends waiting rows after each notification, and every few seconds.

    Several relays share the work: each takes rows that no other has. A row is marked before it is
    sent and stamped after it. If a relay dies in between, the mark lapses. Sending twice is
    harmless: a hint leads to one claim at most, and an event has a version.

    Each topic is sent by itself: none waits for the dependency of another one.
    """

    def __init__(self, adapters: Adapters) -> None:
        self._db = adapters.db
        self._queue = adapters.queue
        self._redis = adapters.redis
        self._every_s = adapters.settings.sweep_s  # between two rounds that nobody asked for
        self._wake = {topic: asyncio.Event() for topic in Topic}

    def nudge(self, topic: str = "") -> None:
        """Say that there may be something to send: of a topic, or of any where none is known."""
        known = [wake for each, wake in self._wake.items() if each == topic]
        for wake in known or self._wake.values():
            wake.set()

    async def run(self) -> None:
        """Work until cancelled. A dependency that is away is logged and tried again."""
        await asyncio.gather(*map(self._run, Topic))

    async def _run(self, topic: Topic) -> None:
        while True:
            self._wake[topic].clear()
            await once(f"relay_{topic}", partial(self.relay, topic))
            with suppress(TimeoutError):  # then comes the round that finds what was missed
                async with asyncio.timeout(self._every_s):
                    await self._wake[topic].wait()

    async def relay(self, topic: Topic) -> int:
        """Send every row of a topic that is due and that nobody has sent; return how many were."""
        send = self._send_hints if topic is Topic.TASK else self._send_events
        count = 0
        while marked := await self._mark(topic):
            try:
                sent = await send(marked)
            except (Unavailable, RedisError, OSError) as error:
                _log.warning("relay_delayed", topic=topic, rows=len(marked), error=repr(error))
                break
            await self._stamp(sent)
            count += len(sent)
            if topic is Topic.TASK:
                _SENT.inc(len(sent))
            if len(marked) < _BATCH:
                break
        return count

    async def _mark(self, topic: Topic) -> Sequence[Row[Any]]:
        """Choose rows to send, and note that we are at it; together, or one by one if need be."""
        due = and_(
            Outbox.topic == topic,
            Outbox.sent_at.is_(None),
            Outbox.available_at <= func.now(),
            or_(Outbox.sending_until.is_(None), Outbox.sending_until < func.now()),
            setbacks.clear_of(Kind.RELAY, Outbox.id),
        )
        try:
            return await self._mark_where(due, _BATCH)
        except DatabaseAway:
            raise
        except Exception as error:  # noqa: BLE001 - one of them: found out by asking for each
            _log.warning("marked_one_by_one", error=repr(error))

        marked: list[Row[Any]] = []

        async def one(row_id: uuid.UUID) -> None:
            marked.extend(await self._mark_where(and_(due, Outbox.id == row_id), 1))

        statement = select(Outbox.id).where(due).order_by(Outbox.available_at)
        await handle_due(self._db, Kind.RELAY, statement, one)
        return marked

    async def _mark_where(self, due: ColumnElement[bool], most: int) -> Sequence[Row[Any]]:
        chosen = (
            select(Outbox.id)
            .where(due)
            .order_by(Outbox.available_at)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        async with self._db.autocommit() as connection:
            marked = await connection.execute(
                update(Outbox)
                .where(Outbox.id.in_(chosen))
                .values(sending_until=func.now() + timedelta(seconds=_SENDING_S))
                .returning(*_COLUMNS)
            )
            return marked.all()

    async def _stamp(self, rows: Sequence[Row[Any]]) -> None:
        """Note that rows were sent; one that somebody has locked meanwhile is sent again."""
        if not rows:
            return
        free = select(Outbox.id).where(Outbox.id == any_(IDS)).with_for_update(skip_locked=True)
        async with self._db.autocommit() as connection:
            await connection.execute(
                update(Outbox).where(Outbox.id.in_(free)).values(sent_at=func.now()),
                {"ids": [row.id for row in rows]},
            )

    async def _send_hints(self, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
        taken = set(await self._queue.send([row.key for row in rows]))
        return [row for row in rows if row.key in taken]

    async def _send_events(self, rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
        told: list[Row[Any]] = []
        word: list[events.VideoEvent] = []
        for row in rows:
            try:
                user_id, version = uuid.UUID(row.payload["user_id"]), int(row.payload["version"])
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                await setbacks.note(self._db, Kind.RELAY, row.id, error)  # the others go on
            else:
                told.append(row)
                word.append(events.VideoEvent(user_id, row.key, version))
        async with asyncio.timeout(_EVENTS_S):
            await events.announce(self._redis, word)
        return told
