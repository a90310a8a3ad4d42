"""Writes rows of the outbox in the transaction of a change; the relay sends them afterwards.

A trigger of the table notifies the relay of every insert and its topic (`OUTBOX_CHANNEL`).
"""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import CTE, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from core.model.states import Topic
from core.model.tables import Outbox

OUTBOX_CHANNEL = "framemill_outbox"  # of NOTIFY; the migration that makes the trigger names it


async def hint(tx: AsyncConnection, task_ids: Iterable[uuid.UUID], delay_s: float = 0.0) -> None:
    """Have a hint sent to the workers, after `delay_s` seconds."""
    rows = [
        {
            "topic": Topic.TASK,
            "key": task_id,
            "available_at": func.now() + timedelta(seconds=delay_s),
        }
        for task_id in task_ids
    ]
    if rows:
        await tx.execute(insert(Outbox).values(rows))


def of_video(changed: CTE) -> Any:
    """Return the INSERT of one event for each video that a statement has changed.

    Args:
        changed: returns `id`, `user_id` and `version` of the videos.
    """
    payload = func.jsonb_build_object("user_id", changed.c.user_id, "version", changed.c.version)
    return insert(Outbox).from_select(
        ["topic", "key", "payload"],
        select(literal(Topic.VIDEO.value), changed.c.id, payload),
    )
