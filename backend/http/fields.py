"""Text that requests may hold and Postgres can store. Pure."""

from typing import Annotated

from pydantic import AfterValidator, Field

_NUL = "\x00"


def is_storable(value: str) -> bool:
    """Return whether Postgres could have stored a text; else there is nothing to look for."""
    return _NUL not in value


def _storable(value: str) -> str:
    if not is_storable(value):
        raise ValueError("has a NUL character")
    return value


Search = Annotated[str, Field(max_length=255), AfterValidator(_storable)]
