"""Reports of the workers in Redis, so that people can see why a video waits.

It is for information only: a worker that cannot report works all the same, and no decision uses the
reports. A report expires after seconds by Redis' clock, so a killed worker disappears soon.
"""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum

import redis.asyncio as redis

TOLD_EVERY_S = 5.0
LASTS_S = 15

_KEY = "workers"
# KEYS: the hash. ARGV: the worker, what it says, how long the whole lasts without anybody's word.
_TELL = """
redis.call('HSET', KEYS[1], ARGV[1], redis.call('TIME')[1] .. ' ' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
"""
# ARGV: how long a word lasts. What is older is removed; there is a field for each worker only.
_HEAR = """
local now, found = tonumber(redis.call('TIME')[1]), {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at, said = string.match(all[i + 1], '^(%d+) (.*)$')
  if at and now - tonumber(at) <= tonumber(ARGV[1]) then
    found[#found + 1] = said
  else
    redis.call('HDEL', KEYS[1], all[i])
  end
end
return found
"""


class WorkerState(StrEnum):
    """What a worker is at."""

    IDLE = "idle"
    BUSY = "busy"
    NO_ROOM = "no_room"


@dataclass(frozen=True)
class Report:
    """What a worker says of itself.

    Attributes:
        state: what it is at.
        room: bytes of the largest source of any kind that its disk has room for now.
        most: bytes of the largest source that its disk could ever be enough for.
        reason: what there is too little of, for the operator; empty when there is enough.
    """

    state: WorkerState
    room: int
    most: int
    reason: str = ""


class Presence:
    """Writes and reads the reports. Every method raises the client's errors when Redis is away."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._tell = client.register_script(_TELL)
        self._hear = client.register_script(_HEAR)

    async def tell(self, worker: str, report: Report) -> None:
        """Say how a worker is; to be repeated every `TOLD_EVERY_S`."""
        await self._tell(keys=[_KEY], args=[worker, json.dumps(asdict(report)), LASTS_S])

    async def leave(self, worker: str) -> None:
        """Say that a worker is no more."""
        await self._client.hdel(_KEY, worker)

    async def hear(self) -> list[Report]:
        """Return what the workers that live have said last."""
        return [_parsed(said) for said in await self._hear(keys=[_KEY], args=[LASTS_S])]


def _parsed(said: str) -> Report:
    found = json.loads(said)
    return Report(
        WorkerState(found["state"]), int(found["room"]), int(found["most"]), str(found["reason"])
    )
