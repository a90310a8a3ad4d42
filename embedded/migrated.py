"""Remembers which migrations the embedded database has, since asking it anew takes seconds."""

import hashlib
from pathlib import Path

from embedded.emulator import ROOT


def is_migrated(data_dir: Path) -> bool:
    """Tell whether the database in this directory has had exactly the present migrations."""
    try:
        return _note(data_dir).read_text() == _digest()
    except (OSError, ValueError):
        return False


def note_migrated(data_dir: Path) -> None:
    """Remember that the present migrations have been applied."""
    _note(data_dir).write_text(_digest())


def _note(data_dir: Path) -> Path:
    # Among the database's own files, so that it goes with them.
    return data_dir / "postgres" / "framemill-migrations"


def _digest() -> str:
    state = hashlib.sha256()
    for path in sorted((ROOT / "core" / "migrations" / "versions").glob("*.py")):
        state.update(path.name.encode() + b"\0" + path.read_bytes())
    return state.hexdigest()
