"""The sweeps: rounds that find what was lost, and clean up. Each by itself, again and again."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from control import dead_letters, deleted, lost_messages, purges, uploads
from control.adapters import Adapters
from control.leases import Leases
from control.repeating import Work, repeat
from core import events, log, setbacks
from core.events import VideoEvent

_log = log.get(__name__)
_SLOWER = 6


class Sweeps:
    """Does the rounds, tells who waits for news, and has the relay send what is queued anew.

    Args:
        held: the adapters.
        nudge: tells the relay that there may be a task to send.
    """

    def __init__(self, held: Adapters, nudge: Callable[[], None]) -> None:
        self._held = held
        self._nudge = nudge
        self._leases = Leases(held.settings, held.db)
        # What happened since the start of the process, for its figures.
        self.counts = Counter(lapsed=0, resent=0, dead=0)

    async def run(self) -> None:
        """Work until cancelled. A part that is away is logged and tried again."""
        # Each on its own: a store that hangs must not keep lost work from coming back.
        rounds: dict[str, Work] = {
            "lapse": self.lapse,
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
        }
        every_s = self._held.settings.sweep_s
        await asyncio.gather(
            *(repeat(name, work, every_s) for name, work in rounds.items()),
            *(repeat(name, work, _SLOWER * every_s) for name, work in slow.items()),
        )

    async def lapse(self) -> None:
        """Bring back the tasks of workers that fell silent."""
        changed = await self._leases.lapse()
        if changed:
            self.counts["lapsed"] += len(changed)
            _log.warning("leases_lapsed", count=len(changed))
            await self._tell(changed)

    async def resend_lost(self) -> None:
        """Send tasks again whose messages are gone."""
        held = self._held
        count = await lost_messages.resend(held.db, held.queue, held.settings.redispatch_s)
        if count:
            self.counts["resent"] += count
            _log.warning("messages_lost", count=count)
            self._nudge()

    async def settle_dead(self) -> None:
        """Have what the dead-letter queue names sent anew."""
        found = await dead_letters.settle(self._held.db, self._held.dead_letters)
        if found:
            self.counts["dead"] += found
            self._nudge()

    async def check_uploads(self) -> None:
        """Settle uploads that are due."""
        held = self._held
        await self._tell(await uploads.check(held.db, held.storage, held.settings.upload_check_s))

    async def purge(self) -> int:
        """Remove what nobody may see any more; return how many objects were removed."""
        return await purges.purge(self._held.db, self._held.storage)

    async def forget(self) -> int:
        """Remove the last of videos that were deleted a while ago; return how many there were."""
        held = self._held
        return await deleted.forget_videos(held.db, held.storage, held.settings.forget_deleted_s)

    async def sweep_accounts(self) -> None:
        """Remove what closed accounts have left."""
        await self._tell(await deleted.sweep_accounts(self._held.db))

    async def tidy(self) -> None:
        """Forget setbacks that are over."""
        await setbacks.tidy(self._held.db)

    async def _tell(self, changed: Sequence[VideoEvent]) -> None:
        if changed:
            self._nudge()
            await events.publish(self._held.redis, *changed)
