"""Rate limits: the generic cell rate algorithm (GCRA, ITU-T I.371), in one Lua script.

Redis' own clock is used, so that all API processes agree.
"""

import redis.asyncio as redis

from core.errors import RateLimited

# KEYS: the limited thing. ARGV: ms between requests at the steady rate, burst, cost.
# The value is the "theoretical arrival time" in ms: how far the thing has used its allowance up.
_GCRA = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local interval, burst, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local arrival = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local wait = arrival + interval * math.max(cost, 1) - interval * burst - now
if wait > 0 then return math.ceil(wait) end
if cost > 0 then
  redis.call('SET', KEYS[1], arrival + interval * cost, 'PX', math.ceil(interval * (burst + 1)))
end
return 0
"""


class RateLimiter:
    """Counts in Redis; a Redis that is away raises, so what is limited fails closed."""

    def __init__(self, client: redis.Redis) -> None:
        self._script = client.register_script(_GCRA)

    async def take(self, name: str, per_minute: int, who: str, cost: int = 1) -> None:
        """Count one request of so many a minute, all of which may come at once.

        At a cost of 0 only look whether another one may come.

        Raises:
            RateLimited: too many came; with the seconds to wait.
        """
        wait_ms = await self._script(
            keys=[f"rate:{name}:{who}"], args=[60_000 / per_minute, per_minute, cost]
        )
        if int(wait_ms) > 0:
            raise RateLimited(
                "Too many requests. Wait before you try again.", retry_after_s=int(wait_ms) / 1000
            )
