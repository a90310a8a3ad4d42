"""Runs alembic from code, so that no configuration file has to be found."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from core.secret import Secret


def configuration(url: str, secret: Secret | None = None) -> Config:
    """Return alembic's settings for a database address; `secret` has its password, if any."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["url"] = url
    config.attributes["secret"] = secret
    return config


def upgrade(url: str, revision: str = "head", secret: Secret | None = None) -> None:
    """Bring the database at `url` to a revision; does nothing when it is there already."""
    command.upgrade(configuration(url, secret), revision)
