"""The Redis client: sessions, rate limits, and word of changes."""

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff


def connect(url: str) -> redis.Redis:
    """Return a client that answers or fails within seconds; it connects at first use."""
    # Who finds every connection lent waits for the next: an answer takes Redis a fraction of a
    # millisecond, and to fail instead would refuse a crowd that we can well serve.
    pool: redis.BlockingConnectionPool = redis.BlockingConnectionPool.from_url(
        url,
        decode_responses=True,
        socket_connect_timeout=2,
        socket_timeout=5,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), retries=2),
        max_connections=64,
        timeout=5,
    )
    return redis.Redis.from_pool(pool)
