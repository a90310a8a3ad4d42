"""What a worker is made of; `workers/main.py` opens it all, once."""

from dataclasses import dataclass

import redis.asyncio as redis

from core.adapters.postgres import Database
from core.adapters.s3 import Storage
from core.adapters.sqs import TaskQueue
from workers.ffmpeg.capabilities import Capabilities
from workers.formats.shape import DEFAULT_SHAPE, Shape
from workers.media.ladder import Ladder
from workers.media.limits import Limits
from workers.sandbox.policy import Sandbox
from workers.settings import Settings
from workers.transfer_limits import DEFAULT_PACE, Pace


@dataclass(frozen=True)
class Tools:
    """What every operation needs: the store, programs and limits."""

    storage: Storage
    ffmpeg: str
    ffprobe: str
    capabilities: Capabilities
    ladder: Ladder
    limits: Limits
    connections: int
    sandbox: Sandbox
    pace: Pace = DEFAULT_PACE
    shape: Shape = DEFAULT_SHAPE


@dataclass(frozen=True)
class Adapters:
    """What attempts need beside, and the name of the worker."""

    settings: Settings
    db: Database
    queue: TaskQueue
    redis: redis.Redis
    tools: Tools
    worker: str
