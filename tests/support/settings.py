"""Settings for tests."""

from typing import Any

import backend.settings
import control.settings
import workers.settings
from core.config import DatabaseSettings
from embedded.stack import Stack


class Settings(backend.settings.Settings, control.settings.Settings, workers.settings.Settings):
    """What any process reads, for tests that have more than one of them."""


PROCESSES: dict[str, type[DatabaseSettings]] = {
    "api": backend.settings.Settings,
    "control": control.settings.Settings,
    "worker": workers.settings.Settings,
    "migrations": DatabaseSettings,
}


def variables_of(process: str) -> set[str]:
    """Return the variables that a process reads."""
    return {name.upper() for name in PROCESSES[process].model_fields}


def settings_of(stack: Stack, **values: Any) -> Settings:
    """Return the settings that a process of the stack would read, with others in their place."""
    environment = {name.lower(): value for name, value in stack.environment.items()}
    return Settings(**{**environment, **values})


def overridden(settings: Settings, **values: Any) -> Settings:
    """Return a copy with other values, which are checked like any."""
    unknown = set(values) - set(Settings.model_fields)
    assert not unknown, f"no such settings: {unknown}"
    return Settings(**{**settings.model_dump(), **values})
