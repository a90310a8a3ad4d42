"""I14: abandoned uploads are reclaimed, in the database and in S3."""

import asyncio
import random
from datetime import datetime
from typing import Any

from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World

_TTL_S = 4
_SIZE = 9 * 1024**2  # two parts, of which only the first is ever sent


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Begin uploads, send a part of some, and never come back."""
    world.extra["UPLOAD_TTL_S"] = str(_TTL_S)
    await world.start_api()
    begun = [await _begun(world, rng, with_part=bool(number % 2)) for number in range(tries)]
    tally = Tally()
    # Twenty at a time, each round; then the multipart upload and the prefix, again in rounds.
    rounds_s = (2 * tries / 20 + 2) * world.timing.sweep_s
    await world.holds(
        lambda: _all_reclaimed(world, begun), _TTL_S + world.timing.settle_s + rounds_s
    )
    open_now = await _open_in_s3(world)
    for upload in begun:
        faults = []
        if upload["video_id"] in open_now:
            faults.append(f"{upload['video_id']}: still open in S3")
        state = await _state(world, upload)
        if state != "expired":
            faults.append(f"{upload['video_id']}: the upload is {state}")
        faults += await world.faults(upload["video_id"], {"deleted"})
        if await world.objects(f"videos/{upload['video_id']}/"):
            faults.append(f"{upload['video_id']}: objects are left")
        tally.add(faults, await _reclaimed_s(world, upload))
    return tally.outcome()


async def _begun(world: World, rng: random.Random, *, with_part: bool) -> dict[str, Any]:
    upload = await world.declare("abandoned.mp4", _SIZE)
    assert upload["part_count"] > 1
    assert upload["video_id"] in await _open_in_s3(world)
    if with_part:
        await world.send_parts(upload, rng.randbytes(upload["part_size"]), [1])
    return upload


async def _reclaimed_s(world: World, upload: dict[str, Any]) -> float | None:
    """Return how many seconds after its time an upload was over; None if it is not."""
    expired = datetime.fromisoformat(upload["expires_at"]).timestamp()
    changes = await world.changes(upload["video_id"])
    return changes[-1].at - expired if changes[-1].state == "deleted" else None


async def _open_in_s3(world: World) -> set[str]:
    """Return the ids of the videos for which S3 holds a multipart upload."""
    answer = await world.s3.list_multipart_uploads(Bucket=world.bucket, Prefix="videos/")
    return {item["Key"].split("/")[1] for item in answer.get("Uploads", ())}


async def _state(world: World, upload: dict[str, Any]) -> str:
    rows = await world.rows("SELECT state FROM uploads WHERE id = :id", id=upload["id"])
    return str(rows[0].state)


async def _all_reclaimed(world: World, begun: list[dict[str, Any]]) -> bool:
    # What is removed once more later, in case somebody was at it, is not waited for.
    await asyncio.sleep(0.2)
    ids = {upload["video_id"] for upload in begun}
    states = {await _state(world, upload) for upload in begun}
    if states != {"expired"} or ids & await _open_in_s3(world):
        return False
    return not any([await world.objects(f"videos/{each}/") for each in ids])


SCENARIO = Scenario(
    "I14",
    "abandoned uploads are reclaimed",
    full_count=20,
    small_count=4,
    least_count=2,
    run=run,
    protections=(
        Protection("upload_sweep", "open uploads are looked at again", ("upload_sweep",), 1),
        Protection("purge", "what nobody may see is removed from S3", ("purge",), 1),
    ),
)
