"""Settings that several processes share: frozen, typed, read from the environment once at start.

Each process has its own settings class: `settings.py` in its folder.
"""

import os
import re
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import ByteSize, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

YEAR_S = 366 * 86_400  # longer waits are a mistake, and no date has room for all
# Defaults that `make up` tells of, too.
USER_QUOTA_BYTES = ByteSize(100 * 1024**3)
MIN_FREE_DISK_BYTES = ByteSize(512 * 1024**2)


class ConfigError(Exception):
    """A setting is missing or cannot be used. The message is one sentence for the operator."""


class Environment(BaseSettings):
    """How settings are read.

    A field's upper-case name is its environment variable. A secret that is not set is read from the
    file that its name with `_FILE` names. A variable that only another process reads is no error.
    Times are in seconds and sizes in bytes (`20GiB` is understood) unless a name says otherwise.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)


class DatabaseSettings(Environment):
    """What a command needs that reaches Postgres alone, and every process with it."""

    framemill_mode: Literal["embedded", "production"] = "production"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"
    database_url: SecretStr
    database_secret: str | None = Field(None, description="of Secrets Manager: who logs in")
    aws_region: str = "us-east-1"
    aws_endpoint_url: str | None = None

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        return SecretStr(re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", url))

    @model_validator(mode="after")
    def _check_database_login(self) -> Self:
        if self.database_secret and _has_password(self.database_url):
            raise ValueError("DATABASE_URL must have no password where DATABASE_SECRET is set")
        return self


class Settings(DatabaseSettings):
    """What the API, control and the workers stand on."""

    redis_url: SecretStr
    redis_password: SecretStr | None = None
    aws_endpoint_url_s3: str | None = Field(None, description="where S3 is elsewhere than SQS")
    s3_public_endpoint_url: str | None = None
    s3_bucket: str = "framemill"
    s3_read_timeout_s: float = Field(30, gt=0, description="without a byte from S3")
    sqs_queue: str = "framemill-tasks"
    sqs_dead_letter_queue: str = "framemill-tasks-dead"
    visibility_s: int = Field(60, ge=1, le=43_200)

    @model_validator(mode="after")
    def _check_redis_login(self) -> Self:
        if self.redis_password and _has_password(self.redis_url):
            raise ValueError("REDIS_URL must have no password where REDIS_PASSWORD is set")
        return self

    @property
    def s3_url(self) -> str | None:
        """The S3 address that the services use; None means AWS itself."""
        return self.aws_endpoint_url_s3 or self.aws_endpoint_url

    @property
    def public_s3_url(self) -> str | None:
        """The S3 address that browsers and phones see; None means AWS itself."""
        return self.s3_public_endpoint_url or self.s3_url


class ApiAndControl(Environment):
    """What the API and control read, and workers do not."""

    database_pool_size: int = Field(10, ge=1, le=200)
    service_host: str = Field("127.0.0.1", description="where /readyz and /metrics answer")
    upload_check_s: float = Field(30, gt=0, le=YEAR_S)


class ApiAndWorkers(Environment):
    """What the API and the workers read, and control does not."""

    upload_max_bytes: ByteSize = Field(ByteSize(20 * 1024**3), ge=1, le=5 * 1024**4)


class ControlAndWorkers(Environment):
    """What control and the workers read, and the API does not."""

    heartbeat_s: float = Field(20, gt=0)
    max_attempts: int = Field(3, ge=1)
    max_job_s: float = Field(
        75 * 3600, gt=0, le=1e9, description="from a job's first attempt to its last"
    )
    pulse_file: Path | None = Field(None, description="touched while a worker, or control, lives")


S = TypeVar("S", bound=Environment)


def load(kind: type[S]) -> S:
    """Read the settings of a process from the environment.

    Raises:
        ConfigError: a setting is missing or cannot be used.
    """
    from_files = _read_secrets(kind)
    try:
        return kind(**from_files)  # the other fields come from the environment
    except ValidationError as error:
        raise ConfigError("; ".join(_explain(dict(item)) for item in error.errors())) from None


def secrets_of(kind: type[Environment]) -> list[str]:
    """Return the variables that may be in files instead."""
    return [
        name.upper()
        for name, field in kind.model_fields.items()
        if SecretStr in (field.annotation, *get_args(field.annotation))
    ]


def _read_secrets(kind: type[Environment]) -> dict[str, Any]:
    """Read the secrets that are in files; a variable that is set itself comes first.

    Raises:
        ConfigError: a file cannot be read, or there is nothing in it.
    """
    values = {}
    for name in secrets_of(kind):
        path = os.environ.get(f"{name}_FILE")
        if os.environ.get(name) or not path:
            continue
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise ConfigError(f"{name}_FILE: {path} cannot be read: {reason}") from None
        if not value:
            raise ConfigError(f"{name}_FILE: {path} is empty")
        values[name.lower()] = value
    return values


def _has_password(url: SecretStr) -> bool:
    return bool(urlsplit(url.get_secret_value()).password)


def _explain(item: dict[str, Any]) -> str:
    name = "_".join(str(part) for part in item["loc"]).upper()
    if item["type"] == "missing":
        return f"{name} is not set"
    message = str(item["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}" if name else message
