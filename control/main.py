"""The composition root of control: opens the adapters and runs the rounds."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from control import cloudwatch, service_app
from control.adapters import Adapters
from control.cloudwatch import CloudWatch
from control.listener import Listener
from control.metrics import Metrics
from control.relay import Relay
from control.repeating import repeat
from control.settings import Settings
from control.sweeps import Sweeps
from core import log, pulse, service_port
from core.adapters import aws
from core.adapters.database_login import connector, database_secret
from core.adapters.postgres import Database
from core.adapters.redis import connect as connect_redis
from core.outbox.write import OUTBOX_CHANNEL
from core.until_signal import until_signal

_log = log.get(__name__)


@dataclass(frozen=True)
class Control:
    """What one process does.

    Attributes:
        relay: takes what is queued to the queue.
        sweeps: find what was lost, and clean up.
        ear: hears of what is queued.
        watcher: tells CloudWatch what there is to do, where that is wanted.
    """

    adapters: Adapters
    relay: Relay
    sweeps: Sweeps
    ear: Listener
    watcher: CloudWatch | None

    async def run(self) -> None:
        """Work until cancelled. A dependency that is away is logged and tried again."""
        works = [self.relay.run(), self.sweeps.run(), self.ear.run()]
        if self.watcher is not None:
            max_attempts = self.adapters.settings.max_attempts
            tell = partial(self.watcher.tell, self.adapters.db, max_attempts)
            works.append(repeat("cloudwatch", tell, cloudwatch.EVERY_S))
        if self.adapters.settings.pulse_file is not None:
            works.append(pulse.beat(self.adapters.settings.pulse_file))
        await asyncio.gather(*works)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Control]:
    """Open the adapters for as long as the block lasts; nothing is done yet."""
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
        adapters = Adapters(settings, db, found.queue, found.dead_letters, found.storage, client)
        relay = Relay(db, found.queue, client, settings.sweep_s)
        connect = connector(
            url, secret, timeout=5, server_settings={"application_name": "framemill"}
        )
        ear = Listener(connect, OUTBOX_CHANNEL, relay.nudge)
        watcher = None
        if settings.cloudwatch_namespace is not None:
            client_of_it = await stack.enter_async_context(aws.client(settings, "cloudwatch"))
            watcher = CloudWatch(client_of_it, settings.cloudwatch_namespace)
        yield Control(adapters, relay, Sweeps(adapters), ear, watcher)


async def serve(settings: Settings, listener: socket.socket) -> None:
    """Work until SIGTERM or SIGINT.

    Whatever is cut off by that is done again by the next process: each step is in a transaction
    of its own, and is looked at again before it is taken.

    Args:
        settings: of the process.
        listener: a bound socket for `/healthz` and `/metrics`.
    """
    async with opened(settings) as control:
        metrics = Metrics(control.adapters, control.relay, control.sweeps)
        async with service_app.served(listener, metrics):
            _log.info("control_started", service=service_port.address_of(listener))
            await until_signal(control.run())
    _log.info("control_stopped")
