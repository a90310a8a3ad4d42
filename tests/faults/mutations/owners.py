"""Without what keeps an owner's requests from each other, and a bad row from all others."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.faults.mutations import KINDS, mutation, replace


@mutation("owner_lock", *KINDS)
def no_owner_lock() -> None:
    """Nobody waits for another one who changes the same video."""
    from core.model.states import VideoState
    from core.model.tables import Video
    from core.videos import lifecycle

    async def look(tx: AsyncConnection, video_id: uuid.UUID) -> Any:
        columns = [getattr(Video, name) for name in lifecycle.LockedVideo.__dataclass_fields__]
        row = (await tx.execute(select(*columns).where(Video.id == video_id))).one_or_none()
        if row is None:
            return None
        return lifecycle.LockedVideo(**{**row._mapping, "state": VideoState(row.state)})

    replace(lifecycle, "lock", look)
