"""The adapters of control, opened once."""

from dataclasses import dataclass

import redis.asyncio as redis

from control.settings import Settings
from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.adapters.sqs import TaskQueue


@dataclass(frozen=True)
class Adapters:
    """The opened adapters of one control process."""

    settings: Settings
    db: Database
    queue: TaskQueue
    dead_letters: TaskQueue
    storage: Storage
    redis: redis.Redis
