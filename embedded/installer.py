"""Fills virtual environments with exactly what the locked lists name; standard library only."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from embedded.component import wrapped
from embedded.console import say
from embedded.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# What the person set for pip, in the words of uv.
_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "proxy": "ALL_PROXY",
}
# pip lets its environment win over the section of the command, and that over the general one.
_SECTIONS = ("global", "install", ":env:")


def install_main(root: Path, profile: str) -> None:
    """Make `.venv` with a profile's packages and the project itself.

    Raises:
        StackError: a step failed; the message holds the end of its output.
    """
    environment = root / ".venv"
    _prepare(environment)
    _fill(root, environment, environment, profile, "Installing packages")
    # Nothing is fetched: what builds it is in the locked list.
    offline = ["install", "--no-index", "--no-build-isolation", "--no-deps", "--editable"]
    step("Installing Framemill", [*_pip(environment, environment), *offline, str(root)])


def install_beside(root: Path, name: str, what: str, python: Path | None = None) -> None:
    """Make `.venv-NAME` with the packages of the list NAME, by the installer of `.venv`.

    `what` says to people what it is; `python` is its interpreter, if another than this one.

    Raises:
        StackError: a step failed; the message holds the end of its output.
    """
    environment = root / f".venv-{name}"
    if not (environment / "bin" / "python").exists():
        base = str(python or getattr(sys, "_base_executable", None) or sys.executable)
        step(
            f"Making {environment.name}",
            [base, "-m", "venv", "--clear", "--without-pip", str(environment)],
        )
    _fill(root, root / ".venv", environment, name, f"Installing {what}")


def uv_environment(pip_config: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Translate the output of `pip config list` into uv's variables; those already set stay."""
    values: dict[str, str] = {}
    pairs = re.findall(r"^([\w:]+)\.([\w-]+)='(.*?)'$", pip_config, re.MULTILINE | re.DOTALL)
    for wanted in _SECTIONS:
        for section, option, value in pairs:
            if section == wanted and (name := _TO_UV.get(option)):
                # pip separates several values by white space.
                words = value.replace("\\n", " ").split()
                values[name] = ("," if name == "UV_FIND_LINKS" else " ").join(words)
    if "UV_INDEX" in values:
        # Like pip: the best version of all indexes counts. The hashes say which file is meant.
        values["UV_INDEX_STRATEGY"] = "unsafe-best-match"
    return {name: value for name, value in values.items() if not environ.get(name)}


def _prepare(environment: Path) -> None:
    """Make the environment unless it is there, with a pip, for this version of Python."""
    python = environment / "bin" / "python"
    check = f"import pip, sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    if python.exists():
        done = subprocess.run([str(python), "-c", check], capture_output=True, check=False)
        if done.returncode == 0:
            return
    base = getattr(sys, "_base_executable", None) or sys.executable
    step("Making .venv", [base, "-m", "venv", "--clear", str(environment)])


def _fill(root: Path, tools: Path, environment: Path, name: str, label: str) -> None:
    """Make an environment hold exactly a list, with uv if it works here, else with pip.

    With 83 packages that are cached pip takes 35 s of processor time, uv 1 s.
    """
    wanted = str(root / "requirements" / f"{name}.txt")
    bootstrap = str(root / "requirements" / "bootstrap.txt")
    uv, python = tools / "bin" / "uv", str(environment / "bin" / "python")
    install = ["install", "--require-hashes", "--requirement"]
    try:
        if not uv.exists():
            step("Installing uv", [*_pip(tools, tools), *install, bootstrap])
        config = subprocess.run(
            [*_pip(tools, tools), "config", "list"], capture_output=True, text=True, check=False
        )
        extra = uv_environment(config.stdout, os.environ)
        sync = [str(uv), "pip", "sync", "--quiet", "--require-hashes"]
        step(label, [*sync, "--python", python, wanted], extra)
    except StackError:
        step(f"{label} with pip", [*_pip(tools, environment), *install, wanted])


def _pip(tools: Path, environment: Path) -> list[str]:
    pip = [str(tools / "bin" / "python"), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if tools != environment:
        pip += ["--python", str(environment / "bin" / "python")]
    return pip


def step(
    label: str,
    argv: Sequence[str],
    extra: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    interrupted: Callable[[], bool] = lambda: False,
) -> None:
    """Run a command, showing how long it takes. It dies with this process.

    `extra` variables are added to this process's own. `interrupted` is asked often; when it is true
    the command is ended.

    Raises:
        StackError: it failed, or was interrupted.
    """
    begun = time.monotonic()
    live = sys.stdout.isatty()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            wrapped(tuple(argv)),
            env={**os.environ, **(extra or {})},
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while process.poll() is None and not interrupted():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(0.2)
                if live:
                    say(f"\r{label} … {time.monotonic() - begun:.0f} s", end="")
        finally:
            process.terminate()
            process.wait()
        spent = time.monotonic() - begun
        start = "\r" if live else ""
        say(f"{start}{label} … {spent:.1f} s")
        if interrupted():
            raise StackError(f"{label} was interrupted.")
        if process.returncode != 0:
            output.seek(0)
            tail = output.read().decode(errors="replace").strip().splitlines()[-15:]
            raise StackError(f"{label} failed:\n    " + "\n    ".join(tail))
