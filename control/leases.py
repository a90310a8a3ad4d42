"""Gives back the tasks whose lease lapsed, because their worker fell silent."""

import math
import time
import uuid

from control.rounds import Round
from control.settings import Settings
from core import log
from core.adapters.postgres import Database
from core.errors import DatabaseAway
from core.setbacks import Kind
from core.tasks import lapse

_log = log.get(__name__)


class Leases:
    """Gives lapsed tasks back, as soon as a lapsed lease can be trusted."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self._settings = settings
        self._db = db
        self._answered_at = -math.inf  # when Postgres last answered us
        self._say_from = 0.0

    async def lapse(self) -> int:
        """Bring back the tasks of workers that fell silent; return how many."""
        if not await self.say_something():
            return 0
        attempts, job_s = self._settings.max_attempts, self._settings.max_job_s

        async def one(task_id: uuid.UUID) -> lapse.Lapsed | None:
            async with self._db.begin() as tx:
                found = await lapse.lapse(tx, task_id, attempts, job_s)
            if found and found.failure:
                _log.info("failed", code=found.failure.code, video_id=str(found.video_id))
            return found

        return len(await Round(self._db, Kind.LAPSE).run(lapse.lapsed(attempts), one))

    async def say_something(self) -> bool:
        """Tell whether a lease that has lapsed says that its worker fell silent.

        Not at once after Postgres was away, nor after we were, as while the machine slept: then
        Postgres may have been away too. Workers that live say so within a beat.
        """
        beat_s = self._settings.heartbeat_s
        try:
            await self._db.ping()
        except DatabaseAway:
            self._answered_at = -math.inf
            raise
        now = time.clock_gettime(time.CLOCK_BOOTTIME)  # it goes on while the machine sleeps
        if now - self._answered_at > self._settings.sweep_s + beat_s:
            self._say_from = now + beat_s
            _log.info("leases_wait", seconds=beat_s)
        self._answered_at = now
        return now >= self._say_from
