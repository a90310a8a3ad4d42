"""The Redis client: sessions, rate limits and pub/sub."""

import redis.asyncio as redis
from pydantic import SecretStr
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff

# Besides those of requests: pub/sub and health checks.
_OTHERS = 64


def connect(url: str, requests: int = 0, password: SecretStr | None = None) -> redis.Redis:
    """Return a client that answers or fails within seconds; it connects at first use.

    Args:
        url: where Redis is; `rediss://` for TLS, with the certificates that the system trusts.
        requests: being answered at once in this process. Each holds a connection at times, so with
            as many nobody waits for one. (redis-py's pool that has them wait takes longer to lend
            a connection than Redis to answer: it cost a fifth of the requests a second.)
        password: shown to Redis where the URL has none.
    """
    pool: redis.ConnectionPool = redis.ConnectionPool.from_url(
        url,
        password=None if password is None else password.get_secret_value(),
        decode_responses=True,
        socket_connect_timeout=2,
        socket_timeout=5,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), retries=2),
        max_connections=requests + _OTHERS,
    )
    return redis.Redis.from_pool(pool)
