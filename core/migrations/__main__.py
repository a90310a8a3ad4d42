"""`python -m core.migrations`: brings the database up to date. Several may run at once."""

import sys

from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

from core import config, log
from core.adapters.database_login import database_secret
from core.migrations.upgrade import upgrade


def main() -> int:
    """Run it; the exit status is 1 when the settings or the database cannot be used."""
    try:
        settings = config.load(config.DatabaseSettings)
    except config.ConfigError as error:
        sys.stderr.write(f"framemill: {error}\n")
        return 1
    log.configure(settings.log_level, settings.log_format)
    try:
        upgrade(settings.database_url.get_secret_value(), secret=database_secret(settings))
    except OSError as error:
        sys.stderr.write(f"framemill: the database does not answer: {error}\n")
        return 1
    except (PostgresError, DBAPIError) as error:
        # Its first line says it all; the statement and its traceback help nobody.
        reason = str(getattr(error, "orig", error)).partition("\n")[0]
        sys.stderr.write(f"framemill: the database refused: {reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
