"""`python -m control`: runs the relay, the sweeps and the metrics until SIGTERM or SIGINT."""

import asyncio
import sys

from control.main import serve
from control.settings import Settings
from core import config, log, service_port


def main() -> int:
    """Work; the exit status is 1 when a setting cannot be used."""
    try:
        settings = config.load(Settings)
        listener = service_port.bind(settings.service_host, settings.control_port, "CONTROL_PORT")
    except config.ConfigError as error:
        sys.stderr.write(f"framemill: {error}\n")
        return 1
    log.configure(settings.log_level, settings.log_format)
    with listener:
        asyncio.run(serve(settings, listener))
    return 0


if __name__ == "__main__":
    sys.exit(main())
