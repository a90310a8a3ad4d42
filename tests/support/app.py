"""The API in this process."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import cast

import httpx
import uvicorn
from fastapi import FastAPI

from backend.app import create_app
from backend.deps import Services
from backend.health.service_app import create_service_app
from backend.http.connection import bounded
from tests.support.settings import Settings
from tests.support.waiting import wait_until


@dataclass(frozen=True)
class Api:
    """A running API; `services` are the adapters that it has opened."""

    app: FastAPI
    settings: Settings

    @property
    def services(self) -> Services:
        return cast(Services, self.app.state.services)

    def client(
        self,
        token: str | None = None,
        *,
        address: str = "127.0.0.1",
        base_url: str = "http://framemill.test",
    ) -> httpx.AsyncClient:
        """Return a client that comes from `address`; answers arrive whole, so streams never do."""
        transport = httpx.ASGITransport(self.app, client=(address, 40_000))
        return httpx.AsyncClient(transport=transport, base_url=base_url, headers=bearer(token))

    def service(self) -> httpx.AsyncClient:
        """Return a client of the service routes."""
        transport = httpx.ASGITransport(create_service_app(self.app))
        return httpx.AsyncClient(transport=transport, base_url="http://service.test")


StartApi = Callable[..., Awaitable[Api]]  # starts an API with settings of its own


def bearer(token: str | None) -> dict[str, str]:
    """Return the header that shows an access token."""
    return {} if token is None else {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Api]:
    """Run an API for as long as the block lasts."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield Api(app, settings)


class _Server(uvicorn.Server):
    """Leaves the signals of the test run alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(api: Api, *, most_connections: int = 1000) -> AsyncIterator[str]:
    """Serve a running API on a free port; yields its address. Streams arrive bit by bit."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        api.app,
        http=bounded(api.settings.request_s, most_connections),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        await wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        listener.close()
