"""What is remembered in DATA_DIR between starts: generated secrets and chosen ports."""

import json
import os
import random
import secrets
import socket
from itertools import islice
from pathlib import Path
from typing import Any

from embedded.errors import StackError

_SECRET_NAMES = (
    "postgres_admin",
    "postgres",
    "valkey",
    "s3_access_key",
    "s3_secret_key",
    "jwt",
    "demo_account",
)
LOOPBACK = "127.0.0.1"
# Below those from which Linux and macOS take a port for a connection. What is chosen is bound a
# moment later, and a connection could have taken it by then.
_PORTS = range(20_000, 32_768)


def load_secrets(data_dir: Path) -> dict[str, str]:
    """Return the secrets of this directory by name; those not there yet are made and kept (0600).

    Raises:
        StackError: the file is damaged.
    """
    path = data_dir / "secrets.json"
    known = _read_json(path)
    values = {name: str(known[name]) for name in _SECRET_NAMES if name in known}
    if not all(value.isascii() and value.isalnum() for value in values.values()):
        raise _damaged(path)
    lacking = [name for name in _SECRET_NAMES if name not in values]
    if lacking:
        # Letters and digits only: that needs no quoting in URLs, SQL or configuration files.
        values.update({name: secrets.token_hex(24) for name in lacking})
        write_private(path, json.dumps(values, indent=1))
    return values


def choose_ports(data_dir: Path, names: list[str]) -> dict[str, int]:
    """Return a port on the loopback address for each name: the one of the last start if free.

    Presigned URLs carry the port, so it should not change from one start to the next.

    Raises:
        StackError: the file is damaged.
    """
    path = data_dir / "ports.json"
    known = _read_json(path)
    if not all(type(port) is int and 0 < port < 1 << 16 for port in known.values()):
        raise _damaged(path)
    ports = {name: known[name] for name in names if name in known and is_free(known[name])}
    lacking = [name for name in names if name not in ports]
    if lacking:
        ports.update(zip(lacking, free_ports(len(lacking)), strict=True))
        write_private(path, json.dumps({**known, **ports}, indent=1))
    return ports


def free_ports(count: int) -> list[int]:
    """Return distinct ports that nothing uses on the loopback address."""
    return list(islice(filter(is_free, random.sample(_PORTS, len(_PORTS))), count))


def is_free(port: int) -> bool:
    """Tell whether a server could listen on this port of the loopback address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    staged = path.with_name(path.name + ".new")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    staged.replace(path)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StackError(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _damaged(path)
    return value


def _damaged(path: Path) -> StackError:
    return StackError(f"{path} is damaged; move it away, or choose another DATA_DIR.")
