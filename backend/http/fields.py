"""What requests may hold: their fields, and text that Postgres can store. Pure."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_NUL = "\x00"


class Body(BaseModel):
    """A request's body. A field that it does not have is refused: it may be a misspelt one."""

    model_config = ConfigDict(extra="forbid")


def is_storable(value: str) -> bool:
    """Return whether Postgres could have stored a text; else there is nothing to look for."""
    return _NUL not in value


def _storable(value: str) -> str:
    if not is_storable(value):
        raise ValueError("has a NUL character")
    return value


Search = Annotated[str, Field(max_length=255), AfterValidator(_storable)]
