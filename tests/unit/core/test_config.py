"""Settings: read from the environment, checked at once, explained in a sentence."""

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core import config
from core.config import ConfigError
from tests.support.settings import PROCESSES, Settings, variables_of
from workers.settings import SLOWEST_ENCODE

GOOD_KEY = "k3:" + "0123456789abcdef" * 2
ROOT = Path(__file__).parents[3]
NEEDED = {"DATABASE_URL": "postgresql://u:p@h/d", "REDIS_URL": "redis://h"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing set but what is needed."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)
        monkeypatch.delenv(name, raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def load(environment: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        environment.setenv(name, value)
    return config.load(Settings)


@pytest.mark.parametrize(
    ("name", "value", "readers"),
    [
        ("DATABASE_URL", "", {"api", "control", "worker", "migrations"}),
        ("LOG_LEVEL", "LOUD", {"api", "control", "worker", "migrations"}),
        ("REDIS_URL", "", {"api", "control", "worker"}),
        ("VISIBILITY_S", "0", {"api", "control", "worker"}),
        ("DATABASE_POOL_SIZE", "0", {"api", "control"}),
        ("UPLOAD_MAX_BYTES", "many", {"api", "worker"}),
        ("MAX_ATTEMPTS", "0", {"control", "worker"}),
        ("PORT", "x", {"api"}),
        ("JWT_KEYS", "k:short", {"api"}),
        ("JWT_KEYS_FILE", "/nowhere", {"api"}),
        ("CONTROL_PORT", "x", {"control"}),
        ("SWEEP_S", "0", {"control"}),
        ("LEASE_S", "39", {"worker"}),
        ("WALL_TIME_FACTOR", "2", {"worker"}),
    ],
)
def test_only_who_reads_a_variable_refuses_its_value(
    environment: pytest.MonkeyPatch, name: str, value: str, readers: set[str]
) -> None:
    """So one file with all variables may serve all processes."""
    environment.setenv(name, value)
    for process, kind in PROCESSES.items():
        if process in readers:
            with pytest.raises(ConfigError, match=name):
                config.load(kind)
        else:
            config.load(kind)


@pytest.mark.parametrize(
    ("process", "folder"), [("api", "backend"), ("control", "control"), ("worker", "workers")]
)
def test_a_process_has_no_setting_that_it_does_not_read(process: str, folder: str) -> None:
    code = "".join(file.read_text() for file in (ROOT / folder).rglob("*.py"))
    shared = {name.upper() for name in config.Settings.model_fields}
    for name in variables_of(process) - shared:
        assert re.search(rf"\b(settings|self|_settings|limits)\.{name.lower()}\b", code), name


def test_what_is_needed_is_enough(environment: pytest.MonkeyPatch) -> None:
    settings = load(environment)
    assert settings.framemill_mode == "production"
    assert settings.database_url.get_secret_value() == "postgresql+asyncpg://u:p@h/d"
    assert settings.public_s3_url is None
    assert settings.cookie_secure is True


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "REDIS_PASSWORD", "JWT_KEYS"])
def test_a_secret_can_be_in_a_file(
    environment: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    values = {**NEEDED, "JWT_KEYS": GOOD_KEY, "REDIS_PASSWORD": "p"}
    file = tmp_path / "secret"
    file.write_text(values[name] + "\n")
    environment.delenv(name, raising=False)
    settings = load(environment, **{f"{name}_FILE": str(file)})
    found = getattr(settings, name.lower()).get_secret_value()
    assert found.split("://")[-1] == values[name].split("://")[-1]


def test_a_secret_that_is_set_comes_before_its_file(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = load(
        environment, REDIS_URL="redis://set", REDIS_URL_FILE=str(tmp_path / "not-there")
    )
    assert settings.redis_url.get_secret_value() == "redis://set"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"\xff\xfe", "cannot be read: it is no text"),
    ],
)
def test_a_secret_file_that_cannot_be_used_is_named(
    environment: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    environment.delenv("REDIS_URL")
    with pytest.raises(ConfigError) as refused:
        load(environment, REDIS_URL_FILE=str(file))
    assert str(refused.value) == f"REDIS_URL_FILE: {file} {sentence}"


def test_an_empty_variable_is_as_good_as_none(environment: pytest.MonkeyPatch) -> None:
    assert load(environment, AWS_ENDPOINT_URL="", PORT="").port == 8000
    assert load(environment).aws_endpoint_url is None


@pytest.mark.parametrize("name", list(NEEDED))
def test_a_missing_variable_is_named_in_one_sentence(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    environment.delenv(name)
    with pytest.raises(ConfigError, match=f"^{name} is not set$"):
        config.load(Settings)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"PORT": "x"}, "PORT: "),
        ({"PORT": "70000"}, "PORT: "),
        ({"LOG_LEVEL": "LOUD"}, "LOG_LEVEL: "),
        ({"FRAMEMILL_MODE": "test"}, "FRAMEMILL_MODE: "),
        ({"UPLOAD_MAX_BYTES": "many"}, "UPLOAD_MAX_BYTES: "),
        ({"ACCESS_TOKEN_S": "601"}, "ACCESS_TOKEN_S: "),
        ({"HEARTBEAT_S": "31", "LEASE_S": "60"}, "HEARTBEAT_S must be at most half of LEASE_S"),
        ({"PROGRESS_S": "21"}, "PROGRESS_S must not be larger than HEARTBEAT_S"),
        ({"VISIBILITY_S": "43201"}, "VISIBILITY_S: "),  # SQS takes no more
        ({"UPLOAD_MAX_BYTES": "6TiB"}, "UPLOAD_MAX_BYTES: "),  # nor S3
        ({"WALL_TIME_FACTOR": "2"}, "WALL_TIME_FACTOR must be at least 6.25"),
        ({"WALL_TIME_MAX_S": "7200"}, "WALL_TIME_MAX_S must be at least 6.25 times MAX_DURATION_S"),
        ({"MAX_DURATION_S": "14401"}, "WALL_TIME_MAX_S must be at least 6.25 times MAX_DURATION_S"),
        ({"MAX_JOB_S": "43200"}, "MAX_JOB_S must be at least MAX_ATTEMPTS times WALL_TIME_MAX_S"),
        ({"MAX_ATTEMPTS": "4"}, "MAX_JOB_S must be at least MAX_ATTEMPTS times WALL_TIME_MAX_S"),
        ({"JWT_KEYS": "no-colon-but-long-enough-0123456789"}, "JWT_KEYS must look like"),
        ({"JWT_KEYS": "k:short"}, "JWT_KEYS: the secret of 'k' has fewer than 32 bytes"),
        ({"JWT_KEYS": f"{GOOD_KEY},"}, "JWT_KEYS must look like"),
        ({"DATABASE_SECRET": "db"}, "DATABASE_URL must have no password where DATABASE_SECRET"),
        (
            {"REDIS_URL": "rediss://:p@h", "REDIS_PASSWORD": "q"},
            "REDIS_URL must have no password where REDIS_PASSWORD",
        ),
        ({"MEDIA_URL": "https://d.example"}, "MEDIA_URL, CLOUDFRONT_KEY_ID and CLOUDFRONT_PRIV"),
        ({"CLOUDFRONT_KEY_ID": "K1"}, "MEDIA_URL, CLOUDFRONT_KEY_ID and CLOUDFRONT_PRIVATE_KEY"),
        ({"MEDIA_URL": "http://d.example"}, "MEDIA_URL: it must be https://"),
        ({"MEDIA_URL": "d.example"}, "MEDIA_URL: it must be https://"),
        ({"MEDIA_URL": "https://d.example/?x"}, "MEDIA_URL: it must be https://"),
        ({"SPOT_NOTICES": "perhaps"}, "SPOT_NOTICES: "),
    ],
)
def test_a_wrong_value_is_explained(
    environment: pytest.MonkeyPatch, values: dict[str, str], sentence: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        load(environment, **values)
    message = str(refused.value)
    assert message.startswith(sentence)
    assert "\n" not in message
    assert "pydantic" not in message


@pytest.mark.parametrize(
    "secret",
    ["change-me-" * 4, "a-placeholder-" * 3, "SECRET" * 8, "my-password-is-long-enough-for-this"],
)
def test_a_placeholder_is_refused_outside_embedded_mode(
    environment: pytest.MonkeyPatch, secret: str
) -> None:
    with pytest.raises(ConfigError, match="placeholder") as refused:
        load(environment, JWT_KEYS=f"k:{secret}")
    assert secret not in str(refused.value)
    settings = load(environment, JWT_KEYS=f"k:{secret}", FRAMEMILL_MODE="embedded")
    assert settings.signing_keys() == {"k": secret}


def test_a_refusal_never_tells_the_secret(environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError) as refused:
        load(environment, JWT_KEYS="k:hunter2")
    assert "hunter2" not in str(refused.value)


def test_secrets_are_not_shown(environment: pytest.MonkeyPatch) -> None:
    shown = repr(load(environment, JWT_KEYS=GOOD_KEY))
    assert "0123456789abcdef" not in shown
    assert "u:p@" not in shown


def test_keys_keep_their_order_and_may_hold_colons(environment: pytest.MonkeyPatch) -> None:
    settings = load(environment, JWT_KEYS=f" new:{'a' * 31}:b , old:{'c' * 32}")
    assert list(settings.signing_keys().items()) == [("new", "a" * 31 + ":b"), ("old", "c" * 32)]


@pytest.mark.parametrize(
    ("text", "size"),
    [("20GiB", 20 * 1024**3), ("500MB", 500_000_000), ("1024", 1024), ("1.5 KiB", 1536)],
)
def test_sizes_have_units(environment: pytest.MonkeyPatch, text: str, size: int) -> None:
    assert load(environment, UPLOAD_MAX_BYTES=text).upload_max_bytes == size


def test_comma_lists(environment: pytest.MonkeyPatch) -> None:
    settings = load(
        environment,
        ALLOWED_ORIGINS="https://a.example , https://b.example,",
        UPLOAD_EXTENSIONS="MP4,.Mov",
    )
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.upload_extensions == (".mp4", ".mov")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_any_postgres_address_is_read_with_our_driver(
    environment: pytest.MonkeyPatch, scheme: str
) -> None:
    settings = load(environment, DATABASE_URL=f"{scheme}://u:p@h/d")
    assert settings.database_url.get_secret_value() == "postgresql+asyncpg://u:p@h/d"


def test_people_outside_may_see_the_store_elsewhere(environment: pytest.MonkeyPatch) -> None:
    inside = load(environment, AWS_ENDPOINT_URL="http://store:4566")
    assert inside.public_s3_url == "http://store:4566"
    both = load(environment, S3_PUBLIC_ENDPOINT_URL="https://files.example")
    assert both.public_s3_url == "https://files.example"


def test_s3_may_be_elsewhere_than_sqs(environment: pytest.MonkeyPatch) -> None:
    settings = load(
        environment, AWS_ENDPOINT_URL="http://sqs:4566", AWS_ENDPOINT_URL_S3="http://s3"
    )
    assert (settings.s3_url, settings.public_s3_url) == ("http://s3", "http://s3")
    together = load(environment, AWS_ENDPOINT_URL_S3="")
    assert together.s3_url == "http://sqs:4566"


def test_settings_do_not_change(environment: pytest.MonkeyPatch) -> None:
    settings: Any = load(environment)
    with pytest.raises(ValidationError):
        settings.port = 1


def test_the_limits_on_a_source_are_settings(environment: pytest.MonkeyPatch) -> None:
    settings = load(environment, MAX_DURATION_S="90", MAX_STREAMS="4", PROBE_OUTPUT_BYTES="2MB")
    assert (settings.max_duration_s, settings.max_streams) == (90, 4)
    assert settings.probe_output_bytes == 2_000_000
    with pytest.raises(ConfigError, match="WALL_TIME_MIN_S must not be larger"):
        load(environment, WALL_TIME_MIN_S="10", WALL_TIME_MAX_S="9")


def test_whatever_film_is_let_in_may_be_finished(environment: pytest.MonkeyPatch) -> None:
    settings = load(environment)
    film_s = settings.max_duration_s
    wall_s = min(max(settings.wall_time_factor * film_s, 0), settings.wall_time_max_s)
    assert wall_s >= film_s / SLOWEST_ENCODE
    assert settings.max_job_s >= settings.max_attempts * wall_s


def test_proxies_are_addresses_or_networks(environment: pytest.MonkeyPatch) -> None:
    settings = load(environment, TRUSTED_PROXIES="10.0.0.0/8, 192.0.2.1,2001:db8::/32")
    assert settings.trusted_proxies == ("10.0.0.0/8", "192.0.2.1", "2001:db8::/32")
    with pytest.raises(ConfigError, match=r"^TRUSTED_PROXIES: 'proxy\.local' is neither an"):
        load(environment, TRUSTED_PROXIES="proxy.local")


def test_the_key_of_cloudfront_can_be_in_a_file(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN\nabc\n")
    settings = load(
        environment,
        MEDIA_URL="https://d.example/media/",
        CLOUDFRONT_KEY_ID="K1",
        CLOUDFRONT_PRIVATE_KEY_FILE=str(tmp_path / "key.pem"),
    )
    assert settings.media_url == "https://d.example/media"
    assert settings.cloudfront_private_key is not None
    assert settings.cloudfront_private_key.get_secret_value() == "-----BEGIN\nabc"
    assert "abc" not in repr(settings)


def test_a_database_whose_password_is_elsewhere_may_name_its_user(
    environment: pytest.MonkeyPatch,
) -> None:
    for url in ("postgresql://h/d?ssl=require", "postgresql://u@h/d?ssl=require"):
        settings = load(environment, DATABASE_URL=url, DATABASE_SECRET="arn:aws:x")
        assert settings.database_url.get_secret_value() == url.replace("ql:", "ql+asyncpg:")
