"""Runs Alembic from code, without a configuration file."""

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import DBAPIError

from core import log
from core.adapters.database_login import Secret
from core.adapters.postgres_errors import sqlstate

_log = log.get(__name__)
_DEADLOCK = "40P01"
_CHANCES = 10


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

    Each migration is one transaction, unless it says otherwise. Who goes on working beside it may
    deadlock with it, and the database then ends one of them: if that is the migration, it begins
    again.
    """
    for chance in range(1, _CHANCES + 1):
        try:
            return command.upgrade(configuration(url, secret), revision)
        except DBAPIError as error:
            if sqlstate(error) != _DEADLOCK or chance == _CHANCES:
                raise
            _log.warning("migration_repeated", chance=chance)
            time.sleep(0.2 * chance)
    return None
