"""`python -m core.migrations`: brings the database up to date. Several may run at once.

`--downgrade REVISION` takes it back for an older version. No other process may be at work then.
"""

import argparse
import sys

from alembic.util import CommandError
from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

from core import config, log
from core.adapters.database_login import database_secret
from core.migrations.upgrade import downgrade, upgrade


def main() -> int:
    """Run it; the exit status is 1 when the settings or the database cannot be used."""
    parser = argparse.ArgumentParser("python -m core.migrations")
    parser.add_argument("--downgrade", metavar="REVISION", help="take the database back to it")
    revision = parser.parse_args().downgrade
    try:
        settings = config.load(config.DatabaseSettings)
    except config.ConfigError as error:
        sys.stderr.write(f"framemill: {error}\n")
        return 1
    log.configure(settings.log_level, settings.log_format)
    try:
        url, secret = settings.database_url.get_secret_value(), database_secret(settings)
        if revision is None:
            upgrade(url, secret=secret)
        else:
            downgrade(url, revision, secret)
    except OSError as error:
        sys.stderr.write(f"framemill: the database does not answer: {error}\n")
        return 1
    except CommandError as error:
        sys.stderr.write(f"framemill: {error}\n")
        return 1
    except (PostgresError, DBAPIError) as error:
        # Its first line says it all; the statement and its traceback help nobody.
        reason = str(getattr(error, "orig", error)).partition("\n")[0]
        sys.stderr.write(f"framemill: the database refused: {reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
