"""The heartbeat of an attempt: reports progress, extends the lease, learns of a cancel.

Redis gets the progress every second (PROGRESS_S), Postgres with the lease (HEARTBEAT_S). Postgres
is asked sooner when Redis says that the owner has ended the job.
"""

import asyncio
import time

from redis.exceptions import RedisError

from core import log
from core.errors import DatabaseAway, LeaseLost
from core.progress import ProgressBoard
from core.tasks import lease
from core.tasks.claim import Claim
from workers.runtime.report import Report
from workers.tools import Adapters

_log = log.get(__name__)
_LEASES = 10  # so long an outage is waited out; work goes on meanwhile


class Heartbeat:
    """Beats until the lease is lost or the task that runs it is cancelled."""

    def __init__(self, adapters: Adapters, claim: Claim, report: Report) -> None:
        self._settings = adapters.settings
        self._db = adapters.db
        self._board = ProgressBoard(adapters.redis)
        self._claim = claim
        self._report = report
        self._over = asyncio.Event()
        self._leased_at = time.monotonic()

    def end(self) -> None:
        """End `run` after the present beat: a cancelled beat would cost a connection."""
        self._over.set()

    async def run(self) -> None:
        """Beat until `end` is called.

        Raises:
            LeaseLost: the task was cancelled, ended or taken over, or Postgres did not answer
                for many times as long as the lease lasts. A lease that has lapsed is ours still
                while nobody else could take it, and it says so when Postgres is back.
        """
        while not await self._pause():
            ended = await self._tell()
            try:
                async with asyncio.timeout(self._settings.heartbeat_s):
                    await self._keep(ended=ended)
            except (DatabaseAway, TimeoutError) as error:
                _log.warning("heartbeat_missed", error=repr(error))
                if time.monotonic() - self._leased_at > _LEASES * self._settings.lease_s:
                    raise LeaseLost from error

    async def _pause(self) -> bool:
        """Wait for the next beat; return whether it was the last."""
        try:
            async with asyncio.timeout(self._settings.progress_s):
                return await self._over.wait()
        except TimeoutError:
            return False

    async def _tell(self) -> bool:
        """Write the progress to Redis; return whether the job may have ended."""
        progress, claim = self._report.progress, self._claim
        try:
            async with asyncio.timeout(self._settings.heartbeat_s):
                return await self._board.tell(
                    claim.user_id, claim.video_id, claim.job_id, claim.task_id, progress
                )
        except (RedisError, OSError, TimeoutError) as error:
            _log.warning("progress_not_told", error=repr(error))
            return True  # nobody could say that it has ended: Postgres is asked, as often

    async def _keep(self, *, ended: bool) -> None:
        settings, now = self._settings, time.monotonic()
        if now - self._leased_at < settings.heartbeat_s:
            if ended:
                async with self._db.autocommit() as connection:
                    if not await lease.holds(connection, self._claim):
                        raise LeaseLost
            return
        progress = self._report.progress
        async with self._db.autocommit() as connection:
            await lease.heartbeat(
                connection,
                self._claim,
                settings.lease_s,
                stage=progress.stage,
                progress=progress.percent,
                eta_s=progress.eta_s,
            )
        self._leased_at = now
