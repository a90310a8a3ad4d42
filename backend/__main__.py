"""`python -m backend`: serve the API until SIGTERM or SIGINT."""

import contextlib
import sys
from typing import Any

import uvicorn
from fastapi import FastAPI

from backend import opening
from backend.app import create_app
from backend.auth.tokens import Tokens
from backend.health.service_app import create_service_app
from backend.http.connection import bounded, most_connections
from backend.server import Server, ServiceServer
from backend.settings import Settings
from core import config, log, service_port

_log = log.get(__name__)
_SERVICE_CONNECTIONS = 100


def main() -> int:
    """Serve; the exit status is 1 when a setting cannot be used."""
    try:
        settings = config.load(Settings)
        Tokens(settings)  # refuses to be without a signing key; better now than half started
        app = create_app(settings)
        listener = service_port.bind(settings.service_host, settings.service_port, "SERVICE_PORT")
    except (config.ConfigError, ValueError) as error:
        sys.stderr.write(f"framemill: {error}\n")
        return 1
    log.configure(settings.log_level, settings.log_format)
    _log.info("open", **opening.told(settings, service_port.address_of(listener)))
    api = _server(
        settings, app, most_connections(), grace_s=5,
        host=settings.host, port=settings.port, loop="uvloop", backlog=2048,
    )  # fmt: skip
    # It has nothing of its own to open.
    service = _server(settings, create_service_app(app), _SERVICE_CONNECTIONS, lifespan="off")
    server = Server(api, ServiceServer(service), listener)
    with contextlib.suppress(KeyboardInterrupt):  # it has been heeded
        server.run()
    return 0 if server.started else 3


def _server(
    settings: Settings, app: FastAPI, most: int, *, grace_s: int = 1, **further: Any
) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=bounded(settings.request_s, most),
        ws="none",  # there are none here, and they would not be bounded
        access_log=False,
        log_config=None,
        # The peer's own word is never taken for its address; see backend/http/address.py.
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=grace_s,
        **further,
    )


if __name__ == "__main__":
    sys.exit(main())
