"""Runs Alembic from code, without a configuration file."""

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from core import log
from core.adapters.database_login import Secret
from core.adapters.postgres_errors import PASSING, sqlstate

_log = log.get(__name__)
_PATIENCE_S = 300.0
_PAUSE_S = 1.0  # for those who waited behind the migration


def configuration(url: str, secret: Secret | None = None) -> Config:
    """Return alembic's settings for a database address; `secret` has its password, if any."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["url"] = url
    config.attributes["secret"] = secret
    return config


def downgrade(url: str, revision: str, secret: Secret | None = None) -> None:
    """Bring the database at `url` back to a revision; no process may use it."""
    command.downgrade(configuration(url, secret), revision)


def upgrade(url: str, revision: str = "head", secret: Secret | None = None) -> None:
    """Bring the database at `url` to a revision; does nothing when it is there already.

    Each migration is one transaction, unless it says otherwise. Where others work beside it, it
    waits for their locks only briefly (see `env.py`), because all who come later wait behind it.
    Then it begins again, as it does after a deadlock.

    Raises:
        CommandError: it was in the way of others for minutes.
    """
    until = time.monotonic() + _PATIENCE_S
    while True:
        try:
            return command.upgrade(configuration(url, secret), revision)
        except DBAPIError as error:
            if sqlstate(error.orig) not in PASSING:
                raise
            if time.monotonic() >= until:
                raise CommandError(
                    "another transaction holds a table that is to be changed, as a backup does; "
                    "run the migrations again when it has ended"
                ) from error
            _log.warning("migration_repeated", error=str(error.orig))
        time.sleep(_PAUSE_S)
