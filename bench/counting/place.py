"""A stack that counts: Postgres logs every statement, and a proxy is before S3 and SQS."""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import redis

from bench.counting import routes, statements
from bench.counting.logs import GrowingLog
from bench.counting.owners import Owners
from bench.counting.proxy import CountingProxy
from bench.counting.tally import Counts, Key, without_idle
from bench.errors import MeasureError
from embedded.stack import EVERYTHING, Stack
from embedded.store import choose_ports, load_secrets

_QUIET_S = 3.0
_PATIENCE_S = 60.0
_LOOK_S = 0.5


class Place:
    """A running stack and everything that has been counted in it."""

    def __init__(self, stack: Stack, proxy: CountingProxy, owners: Owners) -> None:
        self.stack = stack
        self.server = f"http://127.0.0.1:{stack.port}"
        self._proxy = proxy
        self._owners = owners
        self._redis = redis.Redis.from_url(stack.environment["REDIS_URL"], decode_responses=True)
        self._log_begins()
        self._postgres = GrowingLog(stack.data_dir / "logs" / "postgres.log")
        self._api = GrowingLog(stack.data_dir / "logs" / "api.log")
        self._inside: set[int] = set()
        self._read = Counts()

    def counts(self) -> Counts:
        """Return everything that has been counted so far."""
        self._owners.look()
        database = urlsplit(self.stack.environment["DATABASE_URL"]).path.lstrip("/")
        found = statements.entries(self._postgres.lines(), database)
        self._read += statements.count(found, self._owners.of, self._inside)
        self._read += routes.count(self._api.lines())
        return self._read + self._proxy.counts() + self._commands()

    def settled(self) -> Counts:
        """Return the counts once nothing but long polls was added for a while.

        Raises:
            MeasureError: something goes on and on.
        """
        deadline = time.monotonic() + _PATIENCE_S
        last, since = self.counts(), time.monotonic()
        while time.monotonic() < deadline:
            time.sleep(_LOOK_S)
            now = self.counts()
            if without_idle(now) != without_idle(last):
                last, since = now, time.monotonic()
            elif time.monotonic() - since > _QUIET_S:
                return now
        raise MeasureError("The stack does not come to rest.")

    def close(self) -> None:
        """Close the connection to Redis."""
        self._redis.close()

    def _commands(self) -> Counts:
        """Return what Redis has executed; without our own question."""
        found = self._redis.info("commandstats")
        assert isinstance(found, dict)  # of a client that is not asynchronous
        named = {name.removeprefix("cmdstat_"): stat["calls"] for name, stat in found.items()}
        return Counts(
            {Key("redis", "", name): calls for name, calls in named.items() if name != "info"}
        )

    def _log_begins(self) -> None:
        address = urlsplit(self.stack.environment["DATABASE_URL"])
        password = load_secrets(self.stack.data_dir)["postgres_admin"]
        asyncio.run(_log_statements(f"{address.hostname}", address.port or 5432, password))


async def _log_statements(host: str, port: int, password: str) -> None:
    """Have the server log every statement; it has no pg_stat_statements to ask."""
    connection = await asyncpg.connect(
        host=host, port=port, user="postgres", password=password, database="postgres"
    )
    try:
        for name, value in statements.SETTINGS.items():
            await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


@contextmanager
def place(extra: Mapping[str, str]) -> Iterator[Place]:
    """Start a stack in a directory of its own, with settings that differ from the usual."""
    with tempfile.TemporaryDirectory(prefix="framemill-bench-") as name:
        data_dir = Path(name) / "stack"
        data_dir.mkdir()
        emulator = choose_ports(data_dir, ["emulator"])["emulator"]
        owners = Owners()
        settings = {"LOG_LEVEL": "INFO", "LOG_FORMAT": "json", "LADDER": "mission", **extra}
        with CountingProxy(f"http://127.0.0.1:{emulator}", owners.of) as proxy:
            settings["AWS_ENDPOINT_URL"] = proxy.url
            with Stack(data_dir, EVERYTHING, extra=settings) as stack:
                pids = stack.supervisor.pids
                owners.pids = {each: pids[each] for each in ("api", "control", "worker")}
                here = Place(stack, proxy, owners)
                try:
                    yield here
                finally:
                    here.close()
