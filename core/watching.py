"""Who watches a video while it is made: the API notes it in Redis, and a worker asks.

Nothing depends on it: if Redis is away, only nothing is made first for those who watch.
"""

import asyncio
import uuid

import redis.asyncio as redis
from redis.exceptions import RedisError

from core import log

_log = log.get(__name__)
_LASTS_S = 20  # players ask for a list that grows again within some seconds
_PATIENCE_S = 0.3  # of a request


class Watching:
    """Notes that somebody watches what a job makes, and tells whether somebody does."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._is_away = False

    async def note(self, job_id: uuid.UUID) -> None:
        """Note that somebody watches it now."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._client.set(_key(job_id), 1, ex=_LASTS_S)
            self._is_away = False
        except (RedisError, OSError) as error:  # a timeout is an OSError
            self._away("watching_not_noted", error)

    async def is_watched(self, job_id: uuid.UUID) -> bool:
        """Whether somebody has watched it within the last seconds; no, if Redis is away."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                found = bool(await self._client.exists(_key(job_id)))
            self._is_away = False
        except (RedisError, OSError) as error:
            self._away("watching_not_known", error)
            return False
        return found

    def _away(self, event: str, error: Exception) -> None:
        """Say it once: it is asked several times a second."""
        if not self._is_away:
            _log.warning(event, error=repr(error))
        self._is_away = True


def _key(job_id: uuid.UUID) -> str:
    return f"watching:{job_id}"
