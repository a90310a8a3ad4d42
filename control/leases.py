"""Leases that lapsed: the tasks of workers that fell silent go back into the queue."""

import asyncio
import uuid

from sqlalchemy import select

from control.rounds import Round
from control.settings import Settings
from core.adapters.postgres import Database
from core.errors import DatabaseAway
from core.setbacks import Kind
from core.tasks import lease


class Leases:
    """Brings back what nobody will end, unless the database was away a moment ago."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self._settings = settings
        self._db = db
        self._away = False
        self._lapse_from = 0.0

    async def lapse(self) -> int:
        """Bring back the tasks of workers that fell silent; return how many.

        Not at once after Postgres was away: their workers could not say that they live, and do so
        within a beat.
        """
        if not await self._database_stayed():
            return 0
        attempts, job_s = self._settings.max_attempts, self._settings.max_job_s

        async def one(task_id: uuid.UUID) -> bool:
            async with self._db.begin() as tx:
                return await lease.lapse(tx, task_id, attempts, job_s)

        return sum(await Round(self._db, Kind.LAPSE).run(lease.lapsed(attempts), one))

    async def _database_stayed(self) -> bool:
        """Tell whether Postgres has answered for as long as a worker takes to say that it lives."""
        clock, beat_s = asyncio.get_running_loop().time, self._settings.heartbeat_s
        asked = clock()
        try:
            async with self._db.read() as connection:
                await connection.execute(select(1))
        except DatabaseAway:
            self._away = True
            raise
        if clock() - asked > beat_s / 2 or self._away:
            self._lapse_from = clock() + beat_s
        self._away = False
        return clock() >= self._lapse_from
