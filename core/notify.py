"""Word from a transaction to other processes: Postgres tells it once the transaction commits.

Word is never the truth. Who was not listening finds the same rows a little later.
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

OUTBOX = "framemill_outbox"  # the channel: something waits to be sent

_OUTBOX = select(func.pg_notify(OUTBOX, ""))


async def outbox(tx: AsyncConnection) -> None:
    """Have the relay look at once for what this transaction leaves to be sent."""
    await tx.execute(_OUTBOX)
