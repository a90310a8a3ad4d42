"""The `framemill` command as a person runs it: a process of its own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bench.world import World
from embedded.emulator import ROOT


def upload_command(file: Path) -> list[str]:
    """Return the arguments after the program's name: upload, and do not wait for the end."""
    return ["upload", str(file), "--no-wait", "--plain", "--json"]


def run(held: World, argv: Sequence[str], extra: dict[str, str] | None = None) -> str:
    """Run a command with the account of this world; return its output.

    Raises:
        CalledProcessError: it failed.
    """
    own = {"FRAMEMILL_HOME": str(held.home), "FRAMEMILL_SERVER": held.server}
    env = os.environ | own | (extra or {})
    done = subprocess.run(
        argv, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        sys.stderr.write(done.stderr[-2000:])
        done.check_returncode()
    return done.stdout
