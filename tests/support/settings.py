"""Settings for tests."""

from typing import Any

from core.config import Settings
from embedded.stack import Stack


def settings_of(stack: Stack, **values: Any) -> Settings:
    """Return the settings that a process of the stack would read, with others in their place."""
    environment = {name.lower(): value for name, value in stack.environment.items()}
    return Settings(**{**environment, **values})


def overridden(settings: Settings, **values: Any) -> Settings:
    """Return a copy with other values, which are checked like any."""
    unknown = set(values) - set(Settings.model_fields)
    assert not unknown, f"no such settings: {unknown}"
    return Settings(**{**settings.model_dump(), **values})
