"""What a person can choose for `make up`, read from the environment."""

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    ValidationError,
)

from core.config import MIN_FREE_DISK_BYTES, USER_QUOTA_BYTES
from embedded.errors import StackError, UsageError

_EXTERNAL = {
    "DATABASE_URL": "postgres",
    "REDIS_URL": "valkey",
    "AWS_ENDPOINT_URL": "emulator",
}
_UNFIT = ("Cc", "Cs", "Zl", "Zp")  # control characters, what is not UTF-8, line separators
_A_SIZE = "a size such as 512MiB"
_WANTED = {
    "PORT": "a number from 1 to 65535",
    "SERVICE_PORT": "a number from 0 to 65535",
    "CONTROL_PORT": "a number from 0 to 65535",
    "ONCE": "1 or 0",
    "REGISTRATION": "open, invite, closed",
    "USER_QUOTA_BYTES": _A_SIZE,
    "MIN_FREE_DISK_BYTES": _A_SIZE,
    "ONCE_WAIT_S": "a number of seconds",
}


def _absolute(name: str, text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except (RuntimeError, OSError) as error:  # an unknown ~user; a present directory that has gone
        raise StackError(f"{name}={text} cannot be used: {error}.") from None


def _directory(name: str, text: str) -> Path:
    path = _absolute(name, text)
    # Others read it line by line, or as text: Postgres' own notes, settings, logs.
    if any(unicodedata.category(each) in _UNFIT for each in str(path)):
        raise UsageError(
            f"{name}={str(path)!a} cannot be used: in its whole path there must be no line "
            "break or other control character, and nothing that is not UTF-8."
        )
    return path


def _film(text: str) -> Path:
    path = _absolute("FILE", text)
    try:
        if not path.is_file():
            raise StackError(f"FILE={text} is no file; give the path of a video.")
        with path.open("rb"):
            return path
    except OSError as error:
        raise StackError(f"FILE={text} cannot be read: {error.strerror}.") from None


# 0 stands for any free one.
_ServicePort = Annotated[
    int | None, Field(ge=0, le=65_535), AfterValidator(lambda port: port or None)
]
_Size = Annotated[ByteSize, Field(ge=0)]


class Options(BaseModel):
    """The choices of one start; see docs/run.md and docs/operations.md.

    `external` are the embedded components that a given address replaces. Sizes are in bytes, times
    in seconds; a port that is None is any free one.
    """

    model_config = ConfigDict(frozen=True, validate_default=True)

    port: int = Field(8000, alias="PORT", ge=1, le=65_535)
    service_port: _ServicePort = Field(None, alias="SERVICE_PORT")
    control_port: _ServicePort = Field(None, alias="CONTROL_PORT")
    data_dir: Annotated[Path, BeforeValidator(lambda text: _directory("DATA_DIR", text))] = Field(
        Path(".framemill"), alias="DATA_DIR"
    )
    scratch_dir: Annotated[Path, BeforeValidator(lambda text: _directory("SCRATCH_DIR", text))] = (
        Field(default_factory=lambda given: given["data_dir"] / "scratch", alias="SCRATCH_DIR")
    )
    file: Annotated[Path | None, BeforeValidator(_film)] = Field(
        None, alias="FILE", validate_default=False
    )
    once: bool = Field(False, alias="ONCE")
    once_wait: float = Field(60, alias="ONCE_WAIT_S", ge=0, allow_inf_nan=False)
    external: frozenset[str]
    registration: Literal["open", "invite", "closed"] = Field("open", alias="REGISTRATION")
    wanted_disk: _Size = Field(MIN_FREE_DISK_BYTES, alias="MIN_FREE_DISK_BYTES")
    quota: _Size = Field(USER_QUOTA_BYTES, alias="USER_QUOTA_BYTES")

    @property
    def address(self) -> str:
        """Where the page and the API are."""
        return f"http://127.0.0.1:{self.port}"


def read_options(environ: Mapping[str, str]) -> Options:
    """Read and check what a person chose.

    Raises:
        UsageError: a value has the wrong form.
        StackError: `FILE` cannot be read.
    """
    given = {name: value for name, value in environ.items() if value}
    external = frozenset(component for name, component in _EXTERNAL.items() if name in given)
    try:
        return Options.model_validate({**given, "external": external})
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        raise UsageError(f"{name} must be {_WANTED[name]}, not {given[name]!r}.") from None
