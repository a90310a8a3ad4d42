"""Settings of all processes: frozen, typed, read from the environment once at start."""

import os
import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    ByteSize,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.consistency import contradiction

_PLACEHOLDERS = re.compile(
    r"change|placeholder|example|secret|password|default|xxxx", re.IGNORECASE
)
_FROM_FILES = (
    "DATABASE_URL", "REDIS_URL", "REDIS_PASSWORD", "JWT_KEYS", "CLOUDFRONT_PRIVATE_KEY",
)  # fmt: skip
_MIN_SECRET_BYTES = 32  # RFC 7518 section 3.2: an HS256 key is at least as long as its hash

_YEAR_S = 366 * 86_400  # longer waits are a mistake, and no date has room for all

CommaList = Annotated[tuple[str, ...], NoDecode]


class ConfigError(Exception):
    """A setting is missing or cannot be used. The message is one sentence for the operator."""


class Settings(BaseSettings):
    """What operators can set. A field's upper-case name is its environment variable.

    A secret that is not set is read from the file that its name with `_FILE` names.
    Times are in seconds and sizes in bytes (`20GiB` is understood) unless a name says otherwise.
    """

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    framemill_mode: Literal["embedded", "production"] = "production"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["json", "console"] = "json"

    # The dependencies
    database_url: SecretStr
    database_secret: str | None = Field(None, description="of Secrets Manager: who logs in")
    database_pool_size: int = Field(10, ge=1, le=200)
    redis_url: SecretStr
    redis_password: SecretStr | None = None
    aws_endpoint_url: str | None = None
    aws_endpoint_url_s3: str | None = Field(None, description="where S3 is elsewhere than SQS")
    aws_region: str = "us-east-1"
    s3_public_endpoint_url: str | None = None
    s3_bucket: str = "framemill"
    s3_read_timeout_s: float = Field(30, gt=0, description="without a byte from S3")
    sqs_queue: str = "framemill-tasks"
    sqs_dead_letter_queue: str = "framemill-tasks-dead"

    # CloudFront before the bucket: all three or none
    media_url: str | None = Field(None, description="the distribution's address")
    cloudfront_key_id: str | None = None
    cloudfront_private_key: SecretStr | None = Field(None, description="PEM: P-256 or RSA")

    # API
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    allowed_origins: CommaList = ()
    trusted_proxies: CommaList = ()
    cookie_secure: bool = True
    page_dir: Path | None = Field(None, description="the built page; not served when unset")
    max_requests: int = Field(500, ge=1, description="being answered at once in a process")
    request_s: float = Field(30, gt=0, description="within which a request must have arrived")
    answer_s: float = Field(15, gt=0, description="after which a request is answered with 503")
    keep_alive_s: int = Field(5, ge=1, description="an idle connection is kept for the next one")
    service_host: str = Field("127.0.0.1", description="where /readyz and /metrics answer")
    service_port: int = Field(8001, ge=0, le=65535, description="0 for any free one")
    cloudwatch_namespace: str | None = Field(
        None, description="where control tells how many tasks want a worker; unset for nowhere"
    )
    control_port: int = Field(8002, ge=0, le=65535, description="the same, of control")

    # Accounts
    registration: Literal["open", "invite", "closed"] = Field(
        "closed", description="who may make an account: anybody, who has an invite, nobody"
    )
    jwt_keys: SecretStr | None = None
    jwt_issuer: str = "framemill"
    access_token_s: int = Field(600, ge=30, le=600)
    refresh_token_s: int = Field(30 * 86_400, ge=60)
    refresh_grace_s: int = Field(10, ge=0, le=60)
    rate_limit_address: int = Field(100, ge=1, description="auth requests a minute and address")
    rate_limit_account: int = Field(20, ge=1, description="failed logins a minute and account")
    rate_limit_pair: int = Field(10, ge=1, description="failed logins a minute, both together")
    max_streams_per_user: int = Field(20, ge=1, description="event streams open in one process")
    rate_limit_uploads: int = Field(
        600, ge=1, description="uploads begun a minute and user; as many jobs, retries and cancels"
    )

    # What one user may have; 0 for no limit
    user_quota_bytes: ByteSize = Field(
        ByteSize(100 * 1024**3), ge=0, description="stored, renditions too"
    )
    user_quota_active: int = Field(500, ge=0, description="videos being uploaded or worked on")

    # Uploads
    upload_max_bytes: ByteSize = Field(ByteSize(20 * 1024**3), ge=1, le=5 * 1024**4)
    upload_extensions: CommaList = (
        ".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".ts", ".mts", ".m2ts", ".mpg", ".flv",
        ".3gp",
    )  # fmt: skip
    upload_ttl_s: int = Field(86_400, ge=1, le=_YEAR_S)
    tag_sources: bool = Field(False, description="as kind=source, for rules of the bucket")
    part_url_ttl_s: int = Field(900, ge=1, le=900)
    media_url_ttl_s: int = Field(900, ge=60, le=3600)

    # Tasks
    lease_s: float = Field(60, gt=0, le=_YEAR_S)
    heartbeat_s: float = Field(20, gt=0)
    progress_s: float = Field(1, gt=0, description="progress and cancel are exchanged this often")
    visibility_s: int = Field(60, ge=1, le=43_200)
    max_attempts: int = Field(3, ge=1)
    max_job_s: float = Field(
        36 * 3600, gt=0, le=1e9, description="from a job's first attempt to its last"
    )
    retry_base_s: float = Field(5, gt=0, le=_YEAR_S)
    sweep_s: float = Field(5, gt=0, le=_YEAR_S)
    upload_check_s: float = Field(30, gt=0, le=_YEAR_S)
    redispatch_s: float = Field(30, gt=0, le=_YEAR_S)
    forget_deleted_s: float = Field(
        3600, ge=300, le=_YEAR_S, description="then the rows of a deleted video go"
    )

    # Workers
    worker_concurrency: int = Field(1, ge=1, le=64)
    scratch_dir: Path = Path("/tmp/framemill")  # noqa: S108 - a default; each attempt makes its own
    ffmpeg_path: Path = Path("/usr/bin/ffmpeg")
    ffprobe_path: Path = Path("/usr/bin/ffprobe")
    ladder_file: Path | None = None
    fetch_connections: int = Field(4, ge=1, le=32)
    transfer_least_rate: ByteSize = Field(
        ByteSize(32 * 1024), gt=0, description="a second and connection; slower is given up"
    )
    transfer_grace_s: float = Field(15, gt=0, description="for a block or part, beside its rate")
    drain_s: float = Field(20, gt=0)
    sandbox: Literal["required", "preferred", "off"] | None = None
    ffmpeg_address_space: ByteSize | None = Field(None, ge=512 * 1024**2)
    task_memory_bytes: ByteSize = Field(ByteSize(1024**3), ge=0, description="of one at its peak")
    min_free_disk_bytes: ByteSize = Field(ByteSize(512 * 1024**2), ge=0)
    pulse_file: Path | None = Field(None, description="touched while a worker, or control, lives")
    ecs_agent_uri: str | None = Field(None, description="set by ECS: who guards its tasks")
    spot_notices: bool = Field(False, description="drain before EC2 takes a Spot machine back")
    aws_ec2_metadata_service_endpoint: str = "http://169.254.169.254"

    # The most that a source may be, and how long FFmpeg may take over it
    max_duration_s: float = Field(4 * 3600, gt=0)
    max_side_px: int = Field(8192, ge=16, le=16_384)
    max_pixels: int = Field(35_651_584, ge=256, description="of one picture: 8192 x 4352")
    max_frame_rate: float = Field(120, gt=0)
    max_frames: int = Field(345_600, ge=1)
    max_streams: int = Field(32, ge=1, le=1000)
    probe_timeout_s: float = Field(10, gt=0)
    probe_output_bytes: ByteSize = Field(ByteSize(1_000_000), ge=10_000)
    stall_timeout_s: float = Field(60, gt=0, description="without any progress")
    wall_time_factor: float = Field(20, gt=0, description="of the source's length, within:")
    wall_time_min_s: float = Field(120, gt=0)
    wall_time_max_s: float = Field(10 * 3600, gt=0, description="what the longest video may need")

    @field_validator("allowed_origins", "trusted_proxies", "upload_extensions", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(item.strip() for item in value.split(",") if item.strip())
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for item in value:
            try:
                ip_network(item, strict=False)
            except ValueError:
                raise ValueError(f"{item!r} is neither an address nor a network") from None
        return value

    @field_validator("upload_extensions")
    @classmethod
    def _lower_extensions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple("." + item.lower().lstrip(".") for item in value)

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, value: SecretStr) -> SecretStr:
        url = value.get_secret_value()
        return SecretStr(re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+asyncpg://", url))

    @field_validator("media_url")
    @classmethod
    def _check_media_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        url = urlsplit(value)
        if url.scheme != "https" or not url.hostname or url.query or url.fragment:
            raise ValueError("it must be https:// and the host of a CloudFront distribution")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _check_logins(self) -> Self:
        if self.database_secret and _has_password(self.database_url):
            raise ValueError("DATABASE_URL must have no password where DATABASE_SECRET is set")
        if self.redis_password and _has_password(self.redis_url):
            raise ValueError("REDIS_URL must have no password where REDIS_PASSWORD is set")
        return self

    @model_validator(mode="after")
    def _check_media(self) -> Self:
        together = (self.media_url, self.cloudfront_key_id, self.cloudfront_private_key)
        if any(together) and not all(together):
            raise ValueError(
                "MEDIA_URL, CLOUDFRONT_KEY_ID and CLOUDFRONT_PRIVATE_KEY must be set together"
            )
        return self

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        found = contradiction(self)
        if found is not None:
            raise ValueError(found)
        for key_id, secret in self.signing_keys().items():
            if self.framemill_mode != "embedded" and _PLACEHOLDERS.search(secret):
                raise ValueError(
                    f"JWT_KEYS: the secret of {key_id!r} is a placeholder; make a new one"
                )
            if len(secret.encode()) < _MIN_SECRET_BYTES:
                raise ValueError(f"JWT_KEYS: the secret of {key_id!r} has fewer than 32 bytes")
        return self

    def signing_keys(self) -> dict[str, str]:
        """Return key ids and secrets in the order of `JWT_KEYS`; the first one signs.

        Raises:
            ValueError: an entry is not `kid:secret`.
        """
        if self.jwt_keys is None:
            return {}
        pairs = [
            pair.strip().partition(":") for pair in self.jwt_keys.get_secret_value().split(",")
        ]
        if not all(key_id and secret for key_id, _, secret in pairs):
            raise ValueError("JWT_KEYS must look like kid:secret[,kid:secret]")
        return {key_id: secret for key_id, _, secret in pairs}

    @property
    def wanted_sandbox(self) -> Literal["required", "preferred", "off"]:
        """How FFmpeg is held: `make up` must work on any machine, and its files are one's own."""
        return self.sandbox or ("preferred" if self.framemill_mode == "embedded" else "required")

    @property
    def s3_url(self) -> str | None:
        """The S3 address that the services use; None means AWS itself."""
        return self.aws_endpoint_url_s3 or self.aws_endpoint_url

    @property
    def public_s3_url(self) -> str | None:
        """The S3 address that browsers and phones see; None means AWS itself."""
        return self.s3_public_endpoint_url or self.s3_url


def load() -> Settings:
    """Read the settings from the environment.

    Raises:
        ConfigError: a setting is missing or cannot be used.
    """
    from_files = _read_secrets()
    try:
        return Settings(**from_files)  # the other fields come from the environment
    except ValidationError as error:
        raise ConfigError("; ".join(_explain(dict(item)) for item in error.errors())) from None


def _read_secrets() -> dict[str, Any]:
    """Read the secrets that are in files; a variable that is set itself comes first.

    Raises:
        ConfigError: a file cannot be read, or there is nothing in it.
    """
    values = {}
    for name in _FROM_FILES:
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
