"""Makes the secrets that the services of docker-compose.yml read from files.

    make_secrets.py                                 make those that are not there
    make_secrets.py renew jwt|database|redis|s3     make a new one in place of one that is there

Each file is written whole or not at all, and may be read by its owner and its group only. Standard
library only.

Environment: `SECRETS_DIR` and `KEYS_DIR`. They are apart because a worker, which opens files of
strangers, must not see the key that signs sessions.
"""

import os
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path

_MODE = 0o440
_KEPT_KEYS = 2  # the one that signs, and the one before it


class Directories:
    """Where the files are."""

    def __init__(self, shared: Path, keys: Path) -> None:
        self.shared = shared
        self.keys = keys


def main(arguments: list[str]) -> int:
    """Do what is asked; return the exit status."""
    where = Directories(
        Path(os.environ.get("SECRETS_DIR") or "/var/lib/framemill/secrets"),
        Path(os.environ.get("KEYS_DIR") or "/var/lib/framemill/keys"),
    )
    if arguments and (len(arguments) != 2 or arguments[0] != "renew" or arguments[1] not in RENEW):
        sys.stderr.write(f"usage: make_secrets.py [renew {'|'.join(RENEW)}]\n")
        return 2
    try:
        if arguments:
            RENEW[arguments[1]](where)
        else:
            make_missing(where)
    except OSError as error:
        sys.stderr.write(f"framemill: the secrets could not be written: {error}\n")
        return 1
    return 0


def make_missing(where: Directories) -> None:
    """Make every file that is not there yet.

    Raises:
        OSError: a directory cannot be written.
    """
    if not (where.shared / "database-admin-password").exists():
        _write(where.shared / "database-admin-password", _new())
    if not (where.shared / "database-url").exists():
        renew_database(where)
    if not (where.shared / "redis-url").exists():
        renew_redis(where)
    if not (where.shared / "aws-s3").exists():
        renew_s3(where)
    if not (where.shared / "aws-localstack").exists():
        # The one account that LocalStack has; it is no secret.
        _write(where.shared / "aws-localstack", _credentials("test", "test"))
    if not (where.keys / "jwt-keys").exists():
        renew_jwt(where)


def renew_database(where: Directories) -> None:
    """Make a new password for the services' role; Postgres must be told of it too."""
    password = _new()
    _write(where.shared / "database-password", password)
    _write(
        where.shared / "database-url", f"postgresql://framemill:{password}@postgres:5432/framemill"
    )


def renew_redis(where: Directories) -> None:
    """Make a new password for Redis."""
    password = _new()
    _write(where.shared / "redis.conf", f"requirepass {password}\n")
    _write(where.shared / "redis-url", f"redis://:{password}@redis:6379/0")


def renew_s3(where: Directories) -> None:
    """Make a new access key for the object store of the profile `s3`."""
    _write(where.shared / "aws-s3", _credentials(f"framemill{secrets.token_hex(6)}", _new()))


def renew_jwt(where: Directories) -> None:
    """Put a new signing key before the present one, which goes on being accepted."""
    path = where.keys / "jwt-keys"
    known = path.read_text().strip().split(",") if path.exists() else []
    key_id = time.strftime("k%Y%m%d%H%M%S", time.gmtime())
    _write(path, ",".join([f"{key_id}:{_new()}", *known][:_KEPT_KEYS]))


RENEW: dict[str, Callable[[Directories], None]] = {
    "jwt": renew_jwt,
    "database": renew_database,
    "redis": renew_redis,
    "s3": renew_s3,
}


def _new() -> str:
    # Hex only: it needs no quoting in URLs, SQL or configuration files.
    return secrets.token_hex(24)


def _credentials(access_key: str, secret_key: str) -> str:
    return f"[default]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret_key}\n"


def _write(path: Path, text: str) -> None:
    staged = path.with_name(f".{path.name}.new")
    staged.unlink(missing_ok=True)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        os.fchmod(descriptor, _MODE)
        file.flush()
        os.fsync(descriptor)
    staged.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
