"""`python -m workers`: work on tasks until SIGTERM or SIGINT."""

import asyncio
import sys

from core import config, log
from workers.main import serve
from workers.runtime.memory import return_free_memory
from workers.settings import Settings


def main() -> int:
    """Work; the exit status is 1 when a setting cannot be used."""
    return_free_memory()
    try:
        settings = config.load(Settings)
        log.configure(settings.log_level, settings.log_format)
        asyncio.run(serve(settings))
    except config.ConfigError as error:
        sys.stderr.write(f"framemill: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
