"""Live progress of jobs in Redis, every second. Nothing depends on it.

Postgres gets the progress only with the lease, every 20 seconds. Readers show the greater of the
two. So if Redis is empty or away, progress is only less smooth.
"""

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace

import redis.asyncio as redis
from redis.exceptions import RedisError

from core import events, log
from core.model.states import Stage

_log = log.get(__name__)
# After it was told: a task may wait so long for another worker, and is not to be shown less far.
_LASTS_S = 86_400
_REMEMBERED = 10_000  # jobs
_ENDED = "ended"
# KEYS: the job's hash, the user's channel. ARGV: the task, what is told, how long the hash lasts,
# how the word for listeners begins. Returns whether the job was ended by its owner.
_TELL = """
if redis.call('HEXISTS', KEYS[1], 'ended') == 1 then return 1 end
local told, now = redis.call('HGET', KEYS[1], ARGV[1]), ARGV[2]
if told then
  -- Another attempt starts at 0; the shown progress does not go back.
  local before, after = cjson.decode(told), cjson.decode(now)
  if before.percent > after.percent then
    after.percent = before.percent
    now = cjson.encode(after)
  end
end
redis.call('HSET', KEYS[1], ARGV[1], now)
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('PUBLISH', KEYS[2], ARGV[4] .. now)
return 0
"""


@dataclass(frozen=True)
class Progress:
    """How far a job is; `percent` of the whole, `eta_s` seconds until it is likely done."""

    stage: Stage
    percent: float
    eta_s: float | None


def _key(job_id: uuid.UUID) -> str:
    return f"progress:{job_id}"


class ProgressBoard:
    """Writes and reads progress. If Redis is away, the writer logs it, and readers get nothing."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._tell = client.register_script(_TELL)
        self._read: dict[uuid.UUID, Progress] = {}  # the furthest that was read, of the latest jobs

    async def tell(
        self,
        user_id: uuid.UUID,
        video_id: uuid.UUID,
        job_id: uuid.UUID,
        task_id: uuid.UUID,
        progress: Progress,
    ) -> bool:
        """Say how far a task has brought its job; return whether the job may have been ended.

        Raises:
            RedisError: Redis is away.
        """
        told = json.dumps(
            {key: value for key, value in vars(progress).items() if value is not None}
        )
        ended = await self._tell(
            keys=[_key(job_id), events.progress_channel(user_id)],
            args=[str(task_id), told, _LASTS_S, events.progress_of(video_id, job_id)],
        )
        return bool(ended)

    async def tell_ended(self, job_ids: Collection[uuid.UUID]) -> None:
        """Have the workers of jobs that were ended check at once that their tasks are over."""
        try:
            async with self._client.pipeline(transaction=True) as pipeline:
                for job_id in job_ids:
                    pipeline.hset(_key(job_id), _ENDED, "1")
                    pipeline.expire(_key(job_id), _LASTS_S)
                await pipeline.execute()
        except (RedisError, OSError) as error:
            _log.warning("end_not_told", error=repr(error))

    async def read(self, job_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Progress]:
        """Return the progress of some jobs, if they have written any.

        It is never less than this board has read before, although Redis may lose its data or be
        away.
        """
        wanted = list(job_ids)
        if not wanted:
            return {}
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for job_id in wanted:
                    pipeline.hgetall(_key(job_id))
                answers = await pipeline.execute()
        except (RedisError, OSError):
            answers = [{}] * len(wanted)
        found = {}
        for job_id, told in zip(wanted, answers, strict=True):
            now, before = _furthest(told), self._read.pop(job_id, None)
            if now and before and before.percent > now.percent:
                now = replace(now, percent=before.percent)
            if now := now or before:
                found[job_id] = self._read[job_id] = now
        while len(self._read) > _REMEMBERED:
            del self._read[next(iter(self._read))]
        return found


def parsed(told: str) -> Progress | None:
    """Return a message as a value; None if it is unknown, such as another release's stage."""
    try:
        found = json.loads(told)
        return Progress(Stage(found["stage"]), float(found["percent"]), found.get("eta_s"))
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _furthest(told: dict[str, str]) -> Progress | None:
    tasks = [parsed(value) for name, value in told.items() if name != _ENDED]
    return max(filter(None, tasks), key=lambda task: task.percent, default=None)
