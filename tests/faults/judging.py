"""What is wrong with a video that should have ended."""

import uuid
from collections.abc import Collection
from typing import TYPE_CHECKING

from tests.faults import history

if TYPE_CHECKING:
    from tests.faults.world import World


async def faults(world: "World", video_id: uuid.UUID, expected: Collection[str]) -> list[str]:
    """Return what is wrong with a video; see `World.faults`."""
    changes = await world.changes(video_id)
    found = history.ended_as(changes, expected) + history.disorder(changes)
    found += history.disorder_of_work(await world.task_changes(video_id))
    found += await _attempts(world, video_id)
    if changes and changes[-1].state == "ready":
        found += await _outputs(world, video_id)
    return [f"{video_id}: {fault}" for fault in found]


async def _outputs(world: "World", video_id: uuid.UUID) -> list[str]:
    found = []
    made = await world.outputs(video_id)
    if not any(row.kind == "file" for row in made):
        found.append("ready without a rendition")
    if len({row.s3_key.rpartition("/")[0] for row in made}) > 1:
        found.append("outputs of two attempts")
    stored = await world.objects(f"videos/{video_id}/")
    for row in made:
        if row.state != "published":
            found.append(f"{row.name} of a ready video is {row.state}")
        if row.s3_key not in stored:
            found.append(f"{row.name} is not in the store")
        elif stored[row.s3_key][0] != row.size:
            size = stored[row.s3_key][0]
            found.append(f"{row.name} has {size} bytes in the store, not {row.size}")
    return found


async def _attempts(world: "World", video_id: uuid.UUID) -> list[str]:
    """Return what is wrong with the attempts at tasks that have ended: each ended, one well."""
    rows = await world.rows(
        "SELECT t.key, t.state, t.attempt, count(a.task_id) AS noted,"
        " count(a.outcome) AS ended, count(*) FILTER (WHERE a.outcome = 'succeeded') AS well"
        " FROM job_tasks t LEFT JOIN task_attempts a ON a.task_id = t.id"
        " WHERE t.video_id = :id AND t.state IN ('succeeded', 'failed', 'cancelled')"
        " GROUP BY t.id",
        id=video_id,
    )
    return [
        f"{row.key} {row.state} after attempt {row.attempt}: {row.noted} attempts are noted,"
        f" {row.ended} ended, {row.well} succeeded"
        for row in rows
        if not row.noted == row.ended == row.attempt or row.well != int(row.state == "succeeded")
    ]
