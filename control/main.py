"""The composition root of control: opens the adapters and runs the rounds."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from control import cloudwatch, service_app
from control.adapters import Adapters
from control.leases import Leases
from control.listener import listen
from control.relay import Relay
from control.settings import Settings
from control.sweeps import sweep
from core import log, pulse, service_port
from core.adapters import aws
from core.adapters.database_login import connector, database_secret
from core.adapters.postgres import Database
from core.adapters.redis import connect as connect_redis
from core.until_signal import until_signal

_log = log.get(__name__)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Adapters]:
    """Open the adapters for as long as the block lasts."""
    async with AsyncExitStack() as stack:
        url, secret = settings.database_url.get_secret_value(), database_secret(settings)
        db = Database(url, settings.database_pool_size, secret)
        stack.push_async_callback(db.close)
        client = connect_redis(
            settings.redis_url.get_secret_value(), password=settings.redis_password
        )
        stack.push_async_callback(client.aclose)
        # Hurried: a dependency that hangs must not hold a round up for minutes.
        found = await stack.enter_async_context(aws.connect(settings, hurried=True))
        yield Adapters(settings, db, found.queue, found.dead_letters, found.storage, client)


async def send(adapters: Adapters) -> None:
    """Send what is written into the outbox, as soon as that is heard of, until cancelled."""
    settings = adapters.settings
    connect = connector(
        settings.database_url.get_secret_value(),
        database_secret(settings),
        timeout=5,
        server_settings={"application_name": "framemill"},
    )
    relay = Relay(adapters)
    await asyncio.gather(relay.run(), listen(connect, relay.nudge))


async def work(adapters: Adapters) -> None:
    """Work until cancelled. A dependency that is away is logged and tried again."""
    settings, db = adapters.settings, adapters.db
    works = [send(adapters), sweep(adapters, Leases(settings, db))]
    if settings.cloudwatch_namespace is not None:
        works.append(cloudwatch.report(settings, settings.cloudwatch_namespace, db))
    if settings.pulse_file is not None:
        works.append(pulse.beat(settings.pulse_file))
    await asyncio.gather(*works)


async def serve(settings: Settings, listener: socket.socket) -> None:
    """Work until SIGTERM or SIGINT.

    Whatever is cut off by that is done again by the next process: each step is in a transaction
    of its own, and is looked at again before it is taken. The bound socket is for `/healthz` and
    `/metrics`.
    """
    async with opened(settings) as adapters, service_app.served(listener, adapters):
        _log.info("control_started", service=service_port.address_of(listener))
        await until_signal(work(adapters))
    _log.info("control_stopped")
