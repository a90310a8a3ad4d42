"""Whether a row that nothing can be done to holds up the hundred behind it.

Each kind of round meets a hundred rows, in turn alone and behind one whose every write the database
refuses. `bad_row_KIND_ratio` is the median time with it over that without it, in one run; with
`relay` its first meeting costs a transaction for each row, and the next ones nothing, as it is set
back then: `bad_row_relay_again_ratio`.
"""

import asyncio
import contextlib
import logging
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import func, insert, text, update

from bench.errors import MeasureError
from bench.measure import Measured, Options
from control.adapters import Adapters
from control.leases import Leases
from control.purges import purge
from control.relay import Relay
from core import setbacks
from core.adapters import aws
from core.adapters.postgres import Database
from core.adapters.redis import connect as connect_redis
from core.adapters.s3 import Storage
from core.errors import BadRow
from core.model.states import Topic
from core.model.tables import Outbox, Purge, Task
from core.setbacks import Kind
from core.tasks.claim import Claim
from embedded.stack import BACKING, Stack
from tests.support.control import counted
from tests.support.poison import poisoned
from tests.support.settings import settings_of
from tests.support.tables import empty_tables, outbox_of
from tests.support.work import claim, claim_next_of_all, queue_video

_GOOD = 100
_REPEATS, _QUICK_REPEATS = 7, 1
_EARLIER = timedelta(hours=1)


@dataclass(frozen=True)
class Product:
    """What the rounds work with."""

    db: Database
    relay: Relay
    leases: Leases
    storage: Storage


Prepare = Callable[[Product, int], Awaitable[list[uuid.UUID]]]
Handle = Callable[[Product], Awaitable[int]]


def measure(options: Options) -> Measured:
    """Make the measure."""
    # What is said of each bad row would take longer to print than the row takes.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    repeats = _QUICK_REPEATS if options.quick else _REPEATS
    with (
        tempfile.TemporaryDirectory(prefix="framemill-bench-") as folder,
        Stack(Path(folder, "stack"), BACKING | {"migrate"}) as stack,
    ):
        seconds = asyncio.run(_measured(stack, repeats))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    figures = {}
    for name in (*KINDS, "relay_again"):
        figures[f"bad_row_{name}_ratio"] = (
            medians[f"{name} behind it"] / medians[f"{name.removesuffix('_again')} alone"]
        )
    return Measured(figures, dict(seconds))


async def _measured(stack: Stack, repeats: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {}
    settings = settings_of(stack)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):  # the SDK reads them itself
        os.environ[name] = stack.environment[name]
    db = Database(settings.database_url.get_secret_value(), 10)
    async with (
        aws.connect(settings) as found,
        contextlib.aclosing(connect_redis(settings.redis_url.get_secret_value())) as cache,
    ):
        adapters = Adapters(settings, db, found.queue, found.dead_letters, found.storage, cache)
        relay = Relay(adapters)
        product = Product(db, relay, Leases(settings, db), found.storage)
        for _ in range(repeats):
            for name, kind in KINDS.items():
                alone = await _timed(product, kind, good=_GOOD)
                seconds.setdefault(f"{name} alone", []).append(alone)
                behind = await _behind(product, kind)
                seconds.setdefault(f"{name} behind it", []).append(behind[0])
                if name == "relay":
                    seconds.setdefault("relay_again behind it", []).append(behind[1])
    await db.close()
    return seconds


async def _timed(product: Product, kind: "_Kind", *, good: int) -> float:
    await empty_tables(product.db)
    await kind.prepare(product, good)
    return await _handled(product, kind, good)


async def _behind(product: Product, kind: "_Kind") -> tuple[float, float]:
    """Time a round behind a bad row, and one more with as many others."""
    await empty_tables(product.db)
    bad, *_ = await kind.prepare(product, 1 + _GOOD)
    async with poisoned(product.db, kind.table, bad):
        first = await _handled(product, kind, _GOOD)
        await kind.prepare(product, _GOOD)
        again = await _handled(product, kind, _GOOD)
    return first, again


async def _handled(product: Product, kind: "_Kind", good: int) -> float:
    begun = time.perf_counter()
    count = await kind.handle(product)
    seconds = time.perf_counter() - begun
    if count != good:
        raise MeasureError(f"{count} of {good} rows were handled")
    return seconds


async def _queued(product: Product, count: int) -> list[uuid.UUID]:
    return [(await queue_video(product.db)).task_id for _ in range(count)]


async def _hints(product: Product, count: int) -> list[uuid.UUID]:
    """Queue tasks, and have word of their videos sent already."""
    tasks = await _queued(product, count)
    told = update(Outbox).where(Outbox.topic == Topic.VIDEO).values(sent_at=func.now())
    async with product.db.begin() as tx:
        await tx.execute(told)
    return [await outbox_of(product.db, task_id) for task_id in tasks]


async def _lapsed(product: Product, count: int) -> list[uuid.UUID]:
    tasks = await _queued(product, count)
    for number, task_id in enumerate(tasks):
        await claim(product.db, task_id)
        until = func.now() - _EARLIER + timedelta(seconds=number)
        async with product.db.begin() as tx:
            await tx.execute(update(Task).where(Task.id == task_id).values(lease_until=until))
    return tasks


async def _purges(product: Product, count: int) -> list[uuid.UUID]:
    made = [uuid.uuid4() for _ in range(count)]
    async with product.db.begin() as tx:
        for number, purge_id in enumerate(made):
            due = func.now() - _EARLIER + timedelta(seconds=number)
            prefix = f"videos/{uuid.uuid4()}/"
            await tx.execute(insert(Purge).values(id=purge_id, prefix=prefix, not_before=due))
    return made


async def _relay(product: Product) -> int:
    return sum([await product.relay.relay(topic) for topic in Topic])


async def _lapse(product: Product) -> int:
    before = counted("lapsed")
    await product.leases.lapse()
    return round(counted("lapsed") - before)


async def _purge(product: Product) -> int:
    async with product.db.autocommit() as connection:
        count = text("SELECT count(*) FROM purges")
        before = await connection.scalar(count)
    await purge(product.db, product.storage)
    async with product.db.autocommit() as connection:
        return int(before or 0) - int(await connection.scalar(count) or 0)


async def _claim(product: Product) -> int:
    """Claim what there is, as a worker does."""
    claimed = 0
    while True:
        try:
            taken = await claim_next_of_all(product.db)
        except BadRow as error:
            await setbacks.note(product.db, Kind.CLAIM, error.task_id, error)
            continue
        if not isinstance(taken, Claim):
            return claimed
        claimed += 1


@dataclass(frozen=True)
class _Kind:
    table: str
    prepare: Prepare
    handle: Handle


KINDS = {
    "relay": _Kind("outbox", _hints, _relay),
    "claim": _Kind("job_tasks", _queued, _claim),
    "lapse": _Kind("job_tasks", _lapsed, _lapse),
    "purge": _Kind("purges", _purges, _purge),
}
