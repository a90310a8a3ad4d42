"""What a person can choose for `make up`, read from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded.errors import StackError, UsageError

_EXTERNAL = {
    "DATABASE_URL": "postgres",
    "REDIS_URL": "valkey",
    "AWS_ENDPOINT_URL": "emulator",
}
_MAX_PORT = 65_535


@dataclass(frozen=True)
class Options:
    """The choices of one start.

    Attributes:
        port: where the API listens on 127.0.0.1.
        data_dir: absolute directory that keeps everything between starts.
        file: a video to upload instead of the sample clip.
        once: end when the first video is done.
        external: embedded parts that a given address replaces.
    """

    port: int
    data_dir: Path
    file: Path | None
    once: bool
    external: frozenset[str]


def read_options(environ: Mapping[str, str]) -> Options:
    """Read and check `PORT`, `DATA_DIR`, `FILE`, `ONCE` and the addresses of external parts.

    Raises:
        UsageError: a value has the wrong form.
        StackError: `FILE` cannot be read.
    """
    return Options(
        port=_port(environ.get("PORT") or "8000"),
        data_dir=Path(environ.get("DATA_DIR") or ".framemill").expanduser().absolute(),
        file=_file(environ.get("FILE") or ""),
        once=_flag(environ.get("ONCE") or "0"),
        external=frozenset(part for name, part in _EXTERNAL.items() if environ.get(name)),
    )


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= port <= _MAX_PORT:
        raise UsageError(f"PORT must be a number from 1 to {_MAX_PORT}, not {text!r}.")
    return port


def _flag(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if text.lower() not in known:
        raise UsageError(f"ONCE must be 1 or 0, not {text!r}.")
    return known[text.lower()]


def _file(text: str) -> Path | None:
    if not text:
        return None
    path = Path(text).expanduser().absolute()
    try:
        if not path.is_file():
            raise StackError(f"FILE={text} is no file; give the path of a video.")
        with path.open("rb"):
            return path
    except OSError as error:
        raise StackError(f"FILE={text} cannot be read: {error.strerror}.") from None
