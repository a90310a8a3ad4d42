"""What operators and their machines ask of control, on an address that nobody else should reach."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from control.figures import Figures
from core.config import ConfigError


@asynccontextmanager
async def served(listener: socket.socket, figures: Figures) -> AsyncIterator[None]:
    """Answer `/healthz` and `/metrics` on a bound socket for as long as the block lasts."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(
            body=await figures.text(), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address; 0 stands for any free port.

    Raises:
        ConfigError: it is in use, or none of this machine's.
    """
    try:
        [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise ConfigError(
            f"SERVICE_HOST, CONTROL_PORT: {host} port {port} cannot be used: {error.strerror}"
        ) from None
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address of a bound socket as `host:port`."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
