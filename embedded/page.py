"""Builds, checks and tests the page: `python -m embedded.page build|check|test`.

What has not changed since it was last built is not built again.
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from embedded import node, stamp
from embedded.bootstrap import ROOT
from embedded.errors import StackError
from embedded.installer import step

FOLDER = ROOT / "frontend"
_MODULES = FOLDER / "node_modules"
_DIST = FOLDER / "dist"
_LISTS = ("package.json", "package-lock.json", ".npmrc")
_SOURCES = (*_LISTS, "index.html", "tsconfig.json", "vite.config.ts", "src", "public", "scripts")


def build(interrupted: Callable[[], bool] = lambda: False) -> Path:
    """Build the page unless that is done; return the directory to serve.

    Raises:
        StackError: Node.js or a package could not be had, the build failed, or `interrupted`, which
            is asked often, was true.
    """
    wanted = _digest(_SOURCES)
    if stamp.read(_DIST)["digest"] != wanted:
        with stamp.alone(FOLDER):
            if stamp.read(_DIST)["digest"] != wanted:
                _run("Building the page", "run", "build", interrupted=interrupted)
                stamp.write(_DIST, wanted)
    return _DIST


def check() -> None:
    """Check types and style, and that the API's document and its types are those of the API.

    Raises:
        StackError: something is not as it should be.
    """
    document = FOLDER / "openapi.json"
    done = subprocess.run(
        [sys.executable, "-m", "backend.http.document"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    if done.stdout != document.read_text():
        raise StackError(
            "frontend/openapi.json is not the document of the API; run:\n"
            "    .venv/bin/python -m backend.http.document > frontend/openapi.json\n"
            "    cd frontend && npm run generate"
        )
    with stamp.alone(FOLDER):
        types = FOLDER / "src" / "api" / "schema.d.ts"
        before = types.read_bytes()
        _run("Comparing the API's types", "run", "generate")
        if types.read_bytes() != before:
            raise StackError("frontend/src/api/schema.d.ts was not up to date; it is now.")
        _run("Checking the page's types", "run", "typecheck")
        _run("Checking the page's style", "run", "lint")


def test() -> None:
    """Run the tests of the page that need no browser.

    Raises:
        StackError: one failed.
    """
    with stamp.alone(FOLDER):
        _run("Testing the page", "run", "test")


def _run(label: str, *arguments: str, interrupted: Callable[[], bool] = lambda: False) -> None:
    found = node.find_node()
    env = {**found.environment, "NO_COLOR": "1"}  # what is shown of a failure is plain text
    wanted = _digest(_LISTS)
    if stamp.read(_MODULES)["digest"] != wanted:
        stamp.write(_MODULES, "")
        step("Installing the page's packages", [*found.npm, "ci"], env, FOLDER, interrupted)
        stamp.write(_MODULES, wanted)
    step(label, [*found.npm, *arguments], env, FOLDER, interrupted)


def _digest(names: tuple[str, ...]) -> str:
    return stamp.digest(FOLDER / name for name in names)


def main(arguments: list[str]) -> int:
    """Do what is named; return the exit status."""
    known: dict[str, Callable[[], object]] = {"build": build, "check": check, "test": test}
    if len(arguments) != 1 or arguments[0] not in known:
        sys.stderr.write(f"usage: python -m embedded.page {'|'.join(known)}\n")
        return 2
    try:
        known[arguments[0]]()
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
