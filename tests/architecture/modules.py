"""Which packages there are, and which import which. Pure, but for reading the code."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import grimp

PRODUCT = ("core", "backend", "control", "workers", "client", "embedded")
# Drawn one by one: folders of a house; of the others the door is enough.
_OPENED = ("core", "backend", "workers")


@dataclass(frozen=True)
class House:
    """Packages with their lines of code, and how many imports lead from one to another."""

    lines: Mapping[str, int]
    arrows: Mapping[tuple[str, str], int]


def room_of(module: str) -> str:
    """Return the package that a module is drawn in: its folder, or the top of an opened one."""
    top, *rest = module.split(".")
    return f"{top}.{rest[0]}" if top in _OPENED and len(rest) > 1 else top


def look(root: Path, packages: Iterable[str] = PRODUCT) -> House:
    """Read the code of the packages that are there."""
    there = [name for name in packages if (root / name).is_dir()]
    graph = grimp.build_graph(*there, cache_dir=None)
    lines: Counter[str] = Counter()
    arrows: Counter[tuple[str, str]] = Counter()
    for module in sorted(graph.modules):
        lines[room_of(module)] += _lines(root, module)
        for imported in graph.find_modules_directly_imported_by(module):
            pair = room_of(module), room_of(imported)
            if pair[0] != pair[1]:
                arrows[pair] += 1
    return House(lines, arrows)


def _lines(root: Path, module: str) -> int:
    path = root.joinpath(*module.split("."))
    file = path.with_suffix(".py") if path.with_suffix(".py").is_file() else path / "__init__.py"
    return len(file.read_text(encoding="utf-8").splitlines())
