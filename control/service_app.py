"""`/healthz` and `/metrics` of control, on an address that only operators should reach."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from control.adapters import Adapters
from control.metrics import text


@asynccontextmanager
async def served(listener: socket.socket, adapters: Adapters) -> AsyncIterator[None]:
    """Answer `/healthz` and `/metrics` on a bound socket for as long as the block lasts."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(
            body=await text(adapters), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/metrics", answer)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        yield
    finally:
        await runner.cleanup()
