"""What has been shown so far, and what that leaves to be done. Pure, but for its file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Shown:
    """How a proof ended.

    Attributes:
        shown: whether all was as it should be.
        seed: with which it was tried.
        version: of the code, see `version.py`.
        at: when it ended, in ISO 8601.
        seconds: that it took.
        words: its last line.
    """

    shown: bool
    seed: int
    version: str
    at: str
    seconds: float
    words: str


State = Mapping[str, Shown]


def load(path: Path) -> dict[str, Shown]:
    """Read a state; nothing has been shown where there is no file, or none that can be read."""
    try:
        found = json.loads(path.read_text())
        return {name: Shown(**each) for name, each in found.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def save(path: Path, state: State) -> None:
    """Write a state, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps({name: asdict(each) for name, each in state.items()}, indent=1))
    new.replace(path)


def left(names: Sequence[str], state: State, version: str) -> list[str]:
    """Return what is to be shown of this version: what never was, then what failed."""
    open_ = [name for name in names if name not in state or state[name].version != version]
    failed = [name for name in names if name not in open_ and not state[name].shown]
    return open_ + failed


def seed_of(name: str, state: State, fresh: int) -> int:
    """Return the seed to try with: the one with which it failed, else a fresh one."""
    before = state.get(name)
    return before.seed if before is not None and not before.shown else fresh


def table(names: Sequence[str], state: State, version: str) -> str:
    """Return a line for each proof: whether, when and with which seed it was shown."""
    width = max(map(len, names), default=0)
    return "\n".join(f"{name:<{width}}  {_line(state.get(name), version)}" for name in names)


def _line(found: Shown | None, version: str) -> str:
    if found is None:
        return "not tried"
    word = "shown" if found.shown else "FAILED"
    if found.version != version:
        word += " of other code"
    return f"{word}, {found.at}, seed {found.seed}, {found.seconds:.0f} s: {found.words}"
