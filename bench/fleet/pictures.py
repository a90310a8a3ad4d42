"""Has pictures drawn by the plotting library, which lives in an environment of its own."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from embedded import bootstrap
from embedded.emulator import ROOT

_PYTHON = ROOT / ".venv-plots" / "bin" / "python"
_DRAW = Path(__file__).with_name("draw.py")


def draw(folder: Path, told: Mapping[str, object]) -> None:
    """Draw `fleet-NAME.png` into a folder for every name; see `series.series` for what is told.

    Raises:
        StackError: the library could not be installed.
        CalledProcessError: it could not draw.
    """
    bootstrap.ensure_beside("plots", "the plotting library")
    folder.mkdir(parents=True, exist_ok=True)
    # All in one go: starting the library takes a while. Isolated, so that no module of ours
    # stands in for one of the library's.
    command = [str(_PYTHON), "-I", str(_DRAW), str(folder)]
    subprocess.run(command, input=json.dumps(told), text=True, check=True)
