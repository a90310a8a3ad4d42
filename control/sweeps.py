"""The sweeps: rounds that find lost work and clean up."""

import asyncio
from collections import Counter

from control import adoption, dead_letters, deleted, lost_hints, outbox_cleanup, purges, uploads
from control.adapters import Adapters
from control.leases import Leases
from control.repeating import Work, repeat
from core import log, setbacks

_log = log.get(__name__)
_SLOWER = 6


class Sweeps:
    """Does the rounds."""

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters
        self._leases = Leases(adapters.settings, adapters.db)
        # What happened since the start of the process, for its metrics.
        self.counts = Counter(lapsed=0, resent=0, dead=0)

    async def run(self) -> None:
        """Work until cancelled. A dependency that is away is logged and tried again."""
        # Each on its own: a store that hangs must not keep lost work from coming back.
        rounds: dict[str, Work] = {
            "lapse": self.lapse,
            "adopt": self.adopt,
            "resend_lost": self.resend_lost,
            "dead_letters": self.settle_dead,
            "uploads": self.check_uploads,
            "purge": self.purge,
        }
        # Nobody waits for these.
        slow: dict[str, Work] = {
            "forget": self.forget,
            "accounts": self.sweep_accounts,
            "setbacks": self.tidy,
            "outbox": self.forget_sent,
        }
        every_s = self._adapters.settings.sweep_s
        await asyncio.gather(
            *(repeat(name, work, every_s) for name, work in rounds.items()),
            *(repeat(name, work, _SLOWER * every_s) for name, work in slow.items()),
        )

    async def lapse(self) -> None:
        """Bring back the tasks of workers that fell silent."""
        count = await self._leases.lapse()
        if count:
            self.counts["lapsed"] += count
            _log.warning("leases_lapsed", count=count)

    async def adopt(self) -> None:
        """Take over what the release before has queued, or a worker of it lost."""
        if not await self._leases.say_something():
            return
        if count := await adoption.adopt_all(self._adapters.db):
            _log.info("tasks_adopted", count=count)

    async def resend_lost(self) -> None:
        """Send tasks again whose hints were lost."""
        adapters = self._adapters
        count = await lost_hints.resend(adapters.db, adapters.queue, adapters.settings.redispatch_s)
        if count:
            self.counts["resent"] += count
            _log.warning("hints_lost", count=count)

    async def settle_dead(self) -> None:
        """Have what the dead-letter queue names sent anew."""
        found = await dead_letters.settle(self._adapters.db, self._adapters.dead_letters)
        self.counts["dead"] += found

    async def check_uploads(self) -> None:
        """Settle uploads that are due."""
        adapters = self._adapters
        await uploads.check(adapters.db, adapters.storage, adapters.settings.upload_check_s)

    async def purge(self) -> int:
        """Remove the objects of due purges; return how many were removed."""
        return await purges.purge(self._adapters.db, self._adapters.storage)

    async def forget(self) -> int:
        """Remove the last of videos that were deleted a while ago; return how many there were."""
        adapters = self._adapters
        return await deleted.forget_videos(
            adapters.db, adapters.storage, adapters.settings.forget_deleted_s
        )

    async def sweep_accounts(self) -> None:
        """Remove what closed accounts have left."""
        await deleted.sweep_accounts(self._adapters.db)

    async def tidy(self) -> None:
        """Forget setbacks that are over."""
        await setbacks.tidy(self._adapters.db)

    async def forget_sent(self) -> int:
        """Forget what the outbox has sent; return how many rows there were."""
        return await outbox_cleanup.forget_sent(self._adapters.db)
