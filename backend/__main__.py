"""`python -m backend`: serve the API until SIGTERM or SIGINT."""

import sys

import uvicorn

from backend.app import create_app
from backend.auth.tokens import Tokens
from backend.connection import bounded, most_connections
from core import config, log


def main() -> int:
    """Serve; the exit status is 1 when a setting cannot be used."""
    try:
        settings = config.load()
        Tokens(settings)  # refuses to be without a signing key; better now than half started
        app = create_app(settings)
    except (config.ConfigError, ValueError) as error:
        sys.stderr.write(f"framemill: {error}\n")
        return 1
    log.configure(settings.log_level, settings.log_format)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=bounded(settings.request_s, most_connections()),
        ws="none",  # there are none here, and they would not be bounded
        access_log=False,
        log_config=None,
        # The peer's own word is never taken for its address; see backend/address.py.
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=5,
        backlog=2048,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
