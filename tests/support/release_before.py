"""The release before this one, run as it was: its code is taken from the project's history.

This goes, with those who use it, once the tables of that release go.
"""

import io
import os
import signal
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from core.model.tables import Old
from embedded.component import wrapped
from tests.support.product import PROJECT

COMMIT = "ecfd7439458f480902ec2edfe78c76f1f9fe26ec"
REVISION = "0005"  # of its tables


class OldRendition(Old):
    """A rendition as that release reads and writes it; triggers keep it with `assets`."""

    __tablename__ = "renditions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    video_id: Mapped[uuid.UUID]
    job_id: Mapped[uuid.UUID]
    name: Mapped[str]
    s3_key: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int] = mapped_column(BigInteger)
    duration: Mapped[float]
    bitrate: Mapped[int] = mapped_column(BigInteger)
    video_codec: Mapped[str]


class OldArtifact(Old):
    """An output that is not a rendition, as that release has it."""

    __tablename__ = "artifacts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    video_id: Mapped[uuid.UUID]
    job_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    s3_key: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)


class NoHistoryError(Exception):
    """The code cannot be had: there is no git here, or the history was left out of the clone."""


def unpacked(place: Path) -> Path:
    """Write the code of the release before into a directory, and return that.

    Raises:
        NoHistoryError: it is not here.
    """
    command = ("git", "-C", str(PROJECT), "archive", COMMIT, "--", "backend", "core", "workers")
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NoHistoryError(
            f"commit {COMMIT[:7]} is not in this clone; `git fetch --unshallow` brings it"
        ) from error
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(place, filter="data")
    return place


def start(
    service: str, code: Path, environment: Mapping[str, str], log: Path
) -> "subprocess.Popen[bytes]":
    """Start a service of it, in a group of its own; it dies with whoever started it.

    Args:
        service: `backend` or `workers`.
        code: where it was unpacked.
        environment: of the service, on top of the inherited one.
        log: where its output goes.
    """
    with log.open("wb") as output:
        return subprocess.Popen(
            wrapped((sys.executable, "-m", service), death_signal=signal.SIGKILL),
            cwd=code,
            env=_environment(code, environment),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )


def migrate(code: Path, environment: Mapping[str, str]) -> None:
    """Make its tables in an empty database."""
    subprocess.run(
        (sys.executable, "-m", "core.migrations"),
        cwd=code,
        env=_environment(code, environment),
        check=True,
        timeout=120,
    )


def _environment(code: Path, environment: Mapping[str, str]) -> dict[str, str]:
    # The directory of this project would be found otherwise, where it is installed.
    return os.environ | dict(environment) | {"PYTHONPATH": str(code)}
