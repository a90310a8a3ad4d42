"""Gives back the tasks whose lease lapsed, because their worker fell silent."""

import math
import time
import uuid

from prometheus_client import Gauge

from control.rounds import handle_due
from control.settings import Settings
from core import log
from core.adapters.postgres import Database
from core.errors import DatabaseAway
from core.jobs import adopt
from core.setbacks import Kind
from core.tasks import lapse

_log = log.get(__name__)
_LAPSED = Gauge("framemill_tasks_lapsed", "Tasks whose worker fell silent. Rises.")


class Leases:
    """Gives lapsed tasks back, as soon as a lapsed lease can be trusted."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self._settings = settings
        self._db = db
        self._answered_at = -math.inf  # when Postgres last answered us
        self._trusted_from = 0.0

    async def lapse(self) -> None:
        """Bring back the tasks of workers that fell silent."""
        if not await self.are_trusted():
            return
        attempts, job_s = self._settings.max_attempts, self._settings.max_job_s

        async def one(task_id: uuid.UUID) -> bool:
            async with self._db.begin() as tx:
                found = await lapse.lapse(tx, task_id, attempts, job_s)
            if found and found.failure:
                _log.info("failed", code=found.failure.code, video_id=str(found.video_id))
            return found is not None

        if count := await handle_due(self._db, Kind.LAPSE, lapse.lapsed(attempts), one):
            _LAPSED.inc(count)
            _log.warning("leases_lapsed", count=count)

    async def adopt(self) -> None:
        """Take over what the release before has queued, or a worker of it lost."""
        if await self.are_trusted() and (count := await adopt_all(self._db)):
            _log.info("tasks_adopted", count=count)

    async def are_trusted(self) -> bool:
        """Tell whether a lapsed lease can be trusted to say that its worker fell silent.

        Not at once after Postgres was away, nor after we were, as while the machine slept: then
        Postgres may have been away too. Workers that live extend theirs within a beat.
        """
        beat_s = self._settings.heartbeat_s
        try:
            await self._db.ping()
        except DatabaseAway:
            self._answered_at = -math.inf
            raise
        now = time.clock_gettime(time.CLOCK_BOOTTIME)  # it goes on while the machine sleeps
        if now - self._answered_at > self._settings.sweep_s + beat_s:
            self._trusted_from = now + beat_s
            _log.info("leases_wait", seconds=beat_s)
        self._answered_at = now
        return now >= self._trusted_from


async def adopt_all(db: Database) -> int:
    """Take over what the release before has queued or lost; return how many tasks."""

    async def one(old_id: uuid.UUID) -> bool:
        async with db.begin() as tx:
            return await adopt.adopt(tx, old_id)

    return await handle_due(db, Kind.ADOPT, adopt.adoptable(), one)
