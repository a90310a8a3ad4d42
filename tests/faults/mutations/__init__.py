"""What can be taken away from the product, or done to it, from inside one of its processes.

The product itself has no switch: `tests/support/warm.py` imports it, has mutations replace parts
of it, and runs its ordinary `main`. Each is a function that is registered by name:

    @mutation("fence", "workers")
    def no_fence() -> None:
        replace(claims, "_fenced", unfenced)

Every module of this package is imported by `find`. A mutation imports what it replaces when it is
called, never earlier: an API must not load the worker.
"""

import importlib
import pkgutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

KINDS = ("backend", "control", "workers")
_SHARED = (bool, int, float, str, bytes, tuple, type(None))


@dataclass(frozen=True)
class Mutation:
    """A change of the product, for processes of these kinds."""

    name: str
    kinds: tuple[str, ...]
    apply: Callable[[], None]


_KNOWN: dict[str, Mutation] = {}


def mutation(name: str, *kinds: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a function as a mutation of services of these kinds; see `KINDS`."""
    assert set(kinds) <= set(KINDS), kinds
    assert name not in _KNOWN, f"two mutations are called {name}"

    def keep(function: Callable[[], None]) -> Callable[[], None]:
        _KNOWN[name] = Mutation(name, kinds, function)
        return function

    return keep


def replace(owner: Any, name: str, new: object) -> None:
    """Put something else into the place of a function, a method or a value, which must be there.

    Modules that have imported it by name get the new one too.
    """
    assert hasattr(owner, name), f"{owner} has no {name} any more: the mutation would do nothing"
    old = getattr(owner, name)
    setattr(owner, name, new)
    if isinstance(old, _SHARED):  # others may mean the same value by something else
        return
    for module in _of_the_product():
        for other in [each for each, value in vars(module).items() if value is old]:
            setattr(module, other, new)


def _of_the_product() -> list[ModuleType]:
    packages = ("core", *KINDS)
    return [each for name, each in [*sys.modules.items()] if name.partition(".")[0] in packages]


def find(name: str) -> Mutation:
    """Return a mutation.

    Raises:
        KeyError: there is none of that name.
    """
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return _KNOWN[name]


def mutate(kind: str, names: Iterable[str]) -> None:
    """Apply mutations in this process, which is about to be a service; others are passed over."""
    for each in map(find, names):
        if kind in each.kinds:
            each.apply()
