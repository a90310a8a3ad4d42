"""The sweeps: rounds that find lost work and clean up."""

import asyncio
from functools import partial

from control import (
    dead_letters,
    deleted,
    expired_shares,
    lost_hints,
    outbox_cleanup,
    purges,
    replaced,
    uploads,
)
from control.adapters import Adapters
from control.leases import Leases
from control.repeating import Work, repeat
from core import setbacks

_SLOWER = 6


async def sweep(adapters: Adapters, leases: Leases) -> None:
    """Work until cancelled. A dependency that is away is logged and tried again."""
    settings, db, storage = adapters.settings, adapters.db, adapters.storage
    # Each on its own: a store that hangs must not keep lost work from coming back.
    rounds: dict[str, Work] = {
        "lapse": leases.lapse,
        "adopt": leases.adopt,
        "resend_lost": partial(lost_hints.resend, db, adapters.queue, settings.redispatch_s),
        "dead_letters": partial(dead_letters.settle, db, adapters.dead_letters),
        "uploads": partial(uploads.check, db, storage, settings.upload_check_s),
        "purge": partial(purges.purge, db, storage),
    }
    # Nobody waits for these.
    slow: dict[str, Work] = {
        "forget": partial(deleted.forget_videos, db, storage, settings.forget_deleted_s),
        "accounts": partial(deleted.sweep_accounts, db),
        "setbacks": partial(setbacks.tidy, db),
        "outbox": partial(outbox_cleanup.forget_sent, db),
        "replaced": partial(replaced.forget_tracks, db),
        "shares": partial(expired_shares.forget_expired, db),
    }
    await asyncio.gather(
        *(repeat(name, work, settings.sweep_s) for name, work in rounds.items()),
        *(repeat(name, work, _SLOWER * settings.sweep_s) for name, work in slow.items()),
    )
