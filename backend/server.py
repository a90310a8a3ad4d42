"""Runs two listeners in one process: the API and its service port."""

import asyncio
import socket

import uvicorn


class Server(uvicorn.Server):
    """Serves the API, and the service routes at a bound listener from when it is open."""

    def __init__(
        self, config: uvicorn.Config, service: uvicorn.Server, listener: socket.socket
    ) -> None:
        super().__init__(config)
        self._service = service
        self._listener = listener
        self._serving: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the API, then the service routes."""
        await super().startup(sockets)
        self._serving = asyncio.create_task(self._service.serve([self._listener]))
        # Without the service port nobody can check our health: end, so that we are started again.
        self._serving.add_done_callback(self._exit)

    def _exit(self, _serving: "asyncio.Task[None]") -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close both; who is being answered may end, within the time of each."""
        self._service.should_exit = True
        await super().shutdown(sockets)
        if self._serving is not None:
            await self._serving


class ServiceServer(uvicorn.Server):
    """Leaves signals to the API's server, which ends this one."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to exit."""
        await self._serve(sockets)
