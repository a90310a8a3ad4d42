"""What a person can choose for `make up`, read from the environment."""

import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ByteSize, TypeAdapter, ValidationError

from core.config import MIN_FREE_DISK_BYTES, USER_QUOTA_BYTES
from embedded.errors import StackError, UsageError

_EXTERNAL = {
    "DATABASE_URL": "postgres",
    "REDIS_URL": "valkey",
    "AWS_ENDPOINT_URL": "emulator",
}
_MAX_PORT = 65_535
_DIGITS = 5
_UNFIT = ("Cc", "Cs", "Zl", "Zp")  # control characters, what is not UTF-8, line separators
_REGISTRATIONS = ("open", "invite", "closed")


@dataclass(frozen=True)
class Options:
    """The choices of one start.

    Attributes:
        port: where the API listens on 127.0.0.1.
        data_dir: absolute directory that keeps everything between starts.
        file: a video to upload instead of the sample clip.
        once: end when the first video is done.
        external: embedded parts that a given address replaces.
        registration: who may make an account: `open`, `invite` or `closed`.
        service_port: where the API's /readyz and /metrics are; None for a free one.
        control_port: where control's /healthz and /metrics are; None for a free one.
        scratch_dir: where workers put the files that they work on.
        wanted_disk: bytes that must be free there before a film is begun.
        quota: bytes that one user may store; 0 for no limit.
        once_wait: seconds that the film of `once` may wait for room or for a worker.
    """

    port: int
    data_dir: Path
    file: Path | None
    once: bool
    external: frozenset[str]
    registration: str
    service_port: int | None
    control_port: int | None
    scratch_dir: Path
    wanted_disk: int
    quota: int
    once_wait: float

    @property
    def address(self) -> str:
        """Where the page and the API are."""
        return f"http://127.0.0.1:{self.port}"


def read_options(environ: Mapping[str, str]) -> Options:
    """Read and check what a person chose; see docs/run.md and docs/operations.md.

    Raises:
        UsageError: a value has the wrong form.
        StackError: `FILE` cannot be read.
    """
    data_dir = _directory("DATA_DIR", environ.get("DATA_DIR") or ".framemill")
    scratch_dir = environ.get("SCRATCH_DIR")
    return Options(
        port=_port("PORT", environ.get("PORT") or "8000"),
        data_dir=data_dir,
        file=_file(environ.get("FILE") or ""),
        once=_flag(environ.get("ONCE") or "0"),
        external=frozenset(part for name, part in _EXTERNAL.items() if environ.get(name)),
        registration=_registration(environ.get("REGISTRATION") or "open"),
        # 0 stands for any free one.
        service_port=_port("SERVICE_PORT", environ.get("SERVICE_PORT") or "0", least=0) or None,
        control_port=_port("CONTROL_PORT", environ.get("CONTROL_PORT") or "0", least=0) or None,
        scratch_dir=(
            _directory("SCRATCH_DIR", scratch_dir) if scratch_dir else data_dir / "scratch"
        ),
        wanted_disk=_size(environ, "MIN_FREE_DISK_BYTES", MIN_FREE_DISK_BYTES),
        quota=_size(environ, "USER_QUOTA_BYTES", USER_QUOTA_BYTES),
        once_wait=_seconds("ONCE_WAIT_S", environ.get("ONCE_WAIT_S") or "60"),
    )


def _port(name: str, text: str, least: int = 1) -> int:
    port = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else -1
    if not least <= port <= _MAX_PORT:
        raise UsageError(f"{name} must be a number from {least} to {_MAX_PORT}, not {text!r}.")
    return port


def _directory(name: str, text: str) -> Path:
    try:
        path = Path(text).expanduser().absolute()
    except (RuntimeError, OSError) as error:  # an unknown ~user; a present directory that has gone
        raise StackError(f"{name}={text} cannot be used: {error}.") from None
    # Others read it line by line, or as text: Postgres' own notes, settings, logs.
    if any(unicodedata.category(each) in _UNFIT for each in str(path)):
        raise UsageError(
            f"{name}={str(path)!a} cannot be used: in its whole path there must be no line "
            "break or other control character, and nothing that is not UTF-8."
        )
    return path


def _registration(text: str) -> str:
    if text not in _REGISTRATIONS:
        raise UsageError(f"REGISTRATION must be {', '.join(_REGISTRATIONS)}, not {text!r}.")
    return text


def _size(environ: Mapping[str, str], name: str, default: int) -> int:
    """Read a size as the services read it."""
    text = environ.get(name)
    if not text:
        return default
    try:
        size = int(TypeAdapter(ByteSize).validate_python(text))
    except (ValidationError, OverflowError):
        size = -1
    if size < 0:
        raise UsageError(f"{name} must be a size such as 512MiB, not {text!r}.")
    return size


def _seconds(name: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise UsageError(f"{name} must be a number of seconds, not {text!r}.")
    return seconds


def _flag(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if text.lower() not in known:
        raise UsageError(f"ONCE must be 1 or 0, not {text!r}.")
    return known[text.lower()]


def _file(text: str) -> Path | None:
    if not text:
        return None
    try:
        path = Path(text).expanduser().absolute()
        if not path.is_file():
            raise StackError(f"FILE={text} is no file; give the path of a video.")
        with path.open("rb"):
            return path
    except OSError as error:
        raise StackError(f"FILE={text} cannot be read: {error.strerror}.") from None
    except RuntimeError as error:  # an unknown ~user
        raise StackError(f"FILE={text} cannot be read: {error}.") from None
