"""What a worker stands on, opened once."""

from dataclasses import dataclass

import redis.asyncio as redis

from core.config import Settings
from core.db import Database
from core.queue import TaskQueue
from core.storage import Storage


@dataclass(frozen=True)
class Adapters:
    """The opened adapters of one worker process."""

    settings: Settings
    db: Database
    queue: TaskQueue
    storage: Storage
    redis: redis.Redis
