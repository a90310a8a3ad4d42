"""The adapters of a worker, opened once."""

from dataclasses import dataclass

import redis.asyncio as redis

from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.adapters.sqs import TaskQueue
from workers.settings import Settings


@dataclass(frozen=True)
class Adapters:
    """The opened adapters of one worker process."""

    settings: Settings
    db: Database
    queue: TaskQueue
    storage: Storage
    redis: redis.Redis
