"""While a task is worked on: keep its lease and message, tell progress, learn that it is over."""

import asyncio
import time

from core import events, log
from core.adapters.sqs import TaskMessage
from core.errors import DatabaseAway, LeaseLost, Unavailable
from core.tasks import claims
from workers.runtime.adapters import Adapters
from workers.runtime.report import Meter

_log = log.get(__name__)
_LEASES = 10  # so long an outage is waited out; work goes on meanwhile


class Heartbeat:
    """Beats until the lease is lost or the task that runs it is cancelled."""

    def __init__(
        self, parts: Adapters, held: claims.Claim, message: TaskMessage, meter: Meter
    ) -> None:
        self._settings = parts.settings
        self._db = parts.db
        self._queue = parts.queue
        self._redis = parts.redis
        self._held = held
        self._message = message
        self._meter = meter
        self._told: tuple[object, ...] = ()
        self._over = asyncio.Event()
        self._leased_at = self._extended_at = time.monotonic()

    def end(self) -> None:
        """Have `run` return after the present beat: one cut short would cost a connection."""
        self._over.set()

    async def run(self) -> None:
        """Beat until `end` is called.

        Raises:
            LeaseLost: the task was cancelled, ended or taken over, or Postgres did not answer
                for many times as long as the lease lasts. A lease that has lapsed is ours still
                while nobody else could take it, and it says so when Postgres is back.
        """
        while not await self._pause():
            try:
                async with asyncio.timeout(self._settings.heartbeat_s):
                    await self._beat()
            except (DatabaseAway, TimeoutError) as error:
                _log.warning("heartbeat_missed", error=repr(error))
                if time.monotonic() - self._leased_at > _LEASES * self._settings.lease_s:
                    raise LeaseLost from error
            await self._extend_message()

    async def _pause(self) -> bool:
        """Wait for the next beat; tell whether there is none."""
        try:
            async with asyncio.timeout(self._settings.progress_s):
                return await self._over.wait()
        except TimeoutError:
            return False

    async def _beat(self) -> None:
        meter, settings = self._meter, self._settings
        now = time.monotonic()
        telling = (meter.stage, meter.percent)
        if telling == self._told and now - self._leased_at < settings.heartbeat_s:
            # Nothing new to write; only to learn whether it is over.
            async with self._db.read() as connection:
                if not await claims.holds(connection, self._held):
                    raise LeaseLost
            return
        async with self._db.begin() as tx:
            event = await claims.heartbeat(
                tx,
                self._held,
                settings.lease_s,
                stage=meter.stage,
                progress=meter.percent,
                eta_s=meter.eta_s,
            )
        self._told, self._leased_at = telling, now
        await events.publish(self._redis, event)

    async def _extend_message(self) -> None:
        if time.monotonic() - self._extended_at < self._settings.heartbeat_s:
            return
        try:
            # A queue that hangs must not keep the lease from being extended.
            async with asyncio.timeout(self._settings.heartbeat_s):
                await self._queue.extend(self._message, self._settings.visibility_s)
            self._extended_at = time.monotonic()
        except (Unavailable, TimeoutError) as error:
            # The message may be delivered again; the lease keeps others from the task.
            _log.warning("message_not_extended", error=repr(error))
