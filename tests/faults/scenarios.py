"""All scenarios: each module of this package that is called `iNN_…` has one."""

import importlib
import pkgutil
import re

from tests import faults
from tests.faults.scenario import Scenario


def all_scenarios() -> dict[str, Scenario]:
    """Return the scenarios by id, in the order of their numbers."""
    names = sorted(module.name for module in pkgutil.iter_modules(faults.__path__))
    modules = [
        importlib.import_module(f"tests.faults.{name}")
        for name in names
        if re.match(r"i\d\d_", name)
    ]
    found: list[Scenario] = [module.SCENARIO for module in modules]
    return {scenario.id: scenario for scenario in found}
