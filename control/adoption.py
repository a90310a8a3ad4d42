"""Takes over tasks of the release before, while this release is rolled out."""

import uuid

from control.rounds import Round
from core.adapters.postgres import Database
from core.jobs import adopt
from core.setbacks import Kind


async def adopt_all(db: Database) -> int:
    """Take over what the release before has queued or lost; return how many tasks."""

    async def one(old_id: uuid.UUID) -> bool:
        async with db.begin() as tx:
            return await adopt.adopt(tx, old_id)

    return sum(await Round(db, Kind.ADOPT).run(adopt.adoptable(), one))
