from pathlib import Path

import pytest

from embedded.errors import StackError, UsageError
from embedded.options import read_options
from embedded.up import what_is_open


def test_defaults() -> None:
    options = read_options({})
    assert options.port == 8000
    assert options.data_dir == Path.cwd() / ".framemill"
    assert options.file is None
    assert not options.once
    assert options.external == frozenset()


def test_empty_values_mean_the_defaults() -> None:
    assert read_options({"PORT": "", "DATA_DIR": "", "FILE": "", "ONCE": ""}) == read_options({})


def test_given_values(tmp_path: Path) -> None:
    film = tmp_path / "a film.mp4"
    film.write_bytes(b"x")
    options = read_options({"PORT": "9000", "DATA_DIR": "/data", "FILE": str(film), "ONCE": "1"})
    assert (options.port, options.data_dir, options.file, options.once) == (
        9000,
        Path("/data"),
        film,
        True,
    )


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "80.5", "８０"])
def test_bad_port(port: str) -> None:
    with pytest.raises(UsageError, match="PORT must be a number from 1 to 65535"):
        read_options({"PORT": port})


def test_bad_once() -> None:
    with pytest.raises(UsageError, match="ONCE must be 1 or 0"):
        read_options({"ONCE": "maybe"})


def test_missing_file_is_one_clear_sentence() -> None:
    with pytest.raises(StackError, match="FILE=/no/such is no file") as caught:
        read_options({"FILE": "/no/such"})
    assert caught.value.exit_code == 1


def test_given_addresses_replace_embedded_parts() -> None:
    environ = {
        "DATABASE_URL": "postgresql://db/x",
        "REDIS_URL": "",
        "AWS_ENDPOINT_URL": "http://s3",
    }
    assert read_options(environ).external == {"postgres", "emulator"}


def test_what_is_open_unless_the_person_chose() -> None:
    options = read_options({})
    assert (options.registration, options.service_port, options.once_wait) == ("open", None, 60)
    environ = {"REGISTRATION": "closed", "SERVICE_PORT": "9001", "USER_QUOTA_BYTES": "1GB"}
    options = read_options({**environ, "MIN_FREE_DISK_BYTES": "1MiB", "ONCE_WAIT_S": "2.5"})
    assert (options.registration, options.service_port, options.quota) == ("closed", 9001, 10**9)
    assert (options.wanted_disk, options.once_wait) == (1024**2, 2.5)
    assert read_options({"SERVICE_PORT": "0"}).service_port is None
    assert read_options({"CONTROL_PORT": "9003"}).control_port == 9003
    assert read_options({}).control_port is None


@pytest.mark.parametrize(
    ("registration", "sentence"),
    [
        (
            "open",
            "Registration is open to everybody at http://127.0.0.1:8000; "
            "REGISTRATION=invite or closed changes that.",
        ),
        (
            "invite",
            "Registration at http://127.0.0.1:8000 takes an invite; "
            "REGISTRATION=open or closed changes that.",
        ),
        ("closed", "Registration is closed; REGISTRATION=open or invite changes that."),
    ],
)
def test_a_sentence_says_what_is_open(registration: str, sentence: str) -> None:
    options = read_options({"REGISTRATION": registration, "USER_QUOTA_BYTES": "5GB"})
    said = what_is_open(
        options, {"SERVICE_HOST": "127.0.0.1", "SERVICE_PORT": "9001", "CONTROL_PORT": "9002"}
    )
    assert said == [
        sentence,
        "Each user may store up to 5 GB; USER_QUOTA_BYTES changes that.",
        "/readyz and /metrics are at http://127.0.0.1:9001, "
        "the figures of the work at http://127.0.0.1:9002/metrics.",
    ]
