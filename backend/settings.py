"""Settings of the API only. Shared settings are in `core/config.py`."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import ByteSize, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from backend.http.origins import origin_of
from backend.uploads.file_types import CONTENT_TYPES
from core import config
from core.config import USER_QUOTA_BYTES, YEAR_S, ApiAndControl, ApiAndWorkers

_PLACEHOLDERS = re.compile(
    r"change|placeholder|example|secret|password|default|xxxx", re.IGNORECASE
)
_MIN_SECRET_BYTES = 32  # RFC 7518 section 3.2: an HS256 key is at least as long as its hash

CommaList = Annotated[tuple[str, ...], NoDecode]


class Settings(config.Settings, ApiAndControl, ApiAndWorkers):
    """What the API reads."""

    # CloudFront before the bucket: all three or none
    media_url: str | None = Field(None, description="the distribution's address")
    cloudfront_key_id: str | None = None
    cloudfront_private_key: SecretStr | None = Field(None, description="PEM: P-256 or RSA")

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    allowed_origins: CommaList = ()
    trusted_proxies: CommaList = ()
    cookie_secure: bool = True
    page_dir: Path | None = Field(None, description="the built page; not served when unset")
    page_url: str | None = Field(
        None, description="where the built page is, if elsewhere; {host} is the host asked for"
    )
    max_requests: int = Field(500, ge=1, description="being answered at once in a process")
    request_s: float = Field(30, gt=0, description="within which a request must have arrived")
    answer_s: float = Field(15, gt=0, description="after which a request is answered with 503")
    keep_alive_s: int = Field(5, ge=1, description="an idle connection is kept for the next one")
    service_port: int = Field(8001, ge=0, le=65535, description="0 for any free one")

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
    rate_limit_shares: int = Field(
        600, ge=1, description="requests by share links a minute and address, but for the film's"
    )
    rate_limit_changes: int = Field(
        120, ge=1, description="captions and links that a user writes a minute"
    )
    max_streams_per_user: int = Field(20, ge=1, description="event streams open in one process")
    rate_limit_uploads: int = Field(
        600, ge=1, description="uploads begun a minute and user; as many jobs, retries and cancels"
    )

    # What one user may have; 0 for no limit
    user_quota_bytes: ByteSize = Field(USER_QUOTA_BYTES, ge=0, description="stored, renditions too")
    user_quota_active: int = Field(500, ge=0, description="videos being uploaded or worked on")

    # Uploads
    upload_extensions: CommaList = tuple(CONTENT_TYPES)
    upload_ttl_s: int = Field(86_400, ge=1, le=YEAR_S)
    tag_sources: bool = Field(False, description="as kind=source, for rules of the bucket")
    part_url_ttl_s: int = Field(900, ge=1, le=900)
    media_url_ttl_s: int = Field(900, ge=60, le=3600)

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

    @field_validator("page_url")
    @classmethod
    def _check_page_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        origin_of(value.replace("{host}", "host"))
        return value.rstrip("/")

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
    def _check_media(self) -> Self:
        together = (self.media_url, self.cloudfront_key_id, self.cloudfront_private_key)
        if any(together) and not all(together):
            raise ValueError(
                "MEDIA_URL, CLOUDFRONT_KEY_ID and CLOUDFRONT_PRIVATE_KEY must be set together"
            )
        return self

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
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
