"""An empty FastAPI route in a process of its own, with the API's settings of uvicorn.

`python -m bench.empty` prints the port and serves until SIGTERM. What a request costs here is what
uvicorn and FastAPI cost; the rest of the API's cost is ours.
"""

import socket

import uvicorn
from fastapi import FastAPI

PATH = "/empty"


def create_app() -> FastAPI:
    """Return an app with one route that does nothing."""
    app = FastAPI()

    @app.get(PATH)
    async def empty() -> dict[str, str]:
        return {}

    return app


def main() -> None:
    """Serve."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(listener.getsockname()[1], flush=True)
    # As in backend/__main__.py.
    config = uvicorn.Config(
        create_app(),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
