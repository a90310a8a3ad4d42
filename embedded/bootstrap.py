"""Makes the Python environments from the locked lists; standard library only.

Run by the system's Python from the project root: `python3 -m embedded.bootstrap embedded|dev`. It
must be readable by old versions of Python, to tell their users so.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from embedded import stamp
from embedded.console import complain, say
from embedded.errors import StackError, explain

ROOT = Path(__file__).resolve().parents[1]
_OLDEST = (3, 11)
_CANDIDATES = ("python3.13", "python3.12", "python3.11", "python3.14")
# Each profile holds everything of those after it.
_PROFILES = ("dev", "embedded")


def main(arguments: list[str]) -> int:
    """Make the environments of a profile if they are not there yet; return the exit status."""
    try:
        # `make` starts it with Ctrl-C ignored: before this line it would mean a traceback.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if len(arguments) != 1 or arguments[0] not in _PROFILES:
            complain("usage: python3 -m embedded.bootstrap embedded|dev")
            return 2
        if sys.version_info < _OLDEST:
            _exec_newer(arguments)
        if not is_current(ROOT, arguments[0]):
            with stamp.alone(
                ROOT, lambda: say("Waiting for another installation in this directory")
            ):
                _install(arguments[0])
    except KeyboardInterrupt:
        return 130
    except StackError as error:
        complain(str(error))
        return 1
    except OSError as error:
        complain(f"Framemill cannot be installed here: {explain(error)}.")
        return 1
    return 0


def is_current(root: Path, profile: str) -> bool:
    """Tell whether both environments are whole and at least hold the profile."""
    enough = _PROFILES[: _PROFILES.index(profile) + 1]
    return any(_stamp_is(root / ".venv", digest(root, each)) for each in enough) and _stamp_is(
        root / ".venv-emulator", digest(root, "emulator")
    )


def digest(root: Path, profile: str) -> str:
    """Return a digest of what decides an environment's contents."""
    lists = [root / "requirements" / (profile + ".txt")]
    if profile in _PROFILES:
        # The project's own entry points are installed too.
        lists += [root / "pyproject.toml", root / "requirements" / "hatch_dependencies.py"]
    return stamp.digest(lists, sys.version_info[:2], os.fsencode(root))


def write_stamp(root: Path, environment: Path, profile: str) -> None:
    """Note that an environment holds a profile, whole."""
    stamp.write(environment, digest(root, profile), profile=profile)


def wanted_profile(environment: Path, profile: str) -> str:
    """Return the profile to install: what was there before stays, though its list has changed."""
    held = stamp.read(environment).get("profile")
    return next(each for each in _PROFILES if each in (held, profile))


def _stamp_is(environment: Path, wanted: str) -> bool:
    # The interpreter it links to may have gone since.
    python = environment / "bin" / "python"
    return stamp.read(environment)["digest"] == wanted and os.access(python, os.X_OK)


def _exec_newer(arguments: list[str]) -> None:
    """Go on with a newer Python of PATH; does not come back when there is one."""
    import shutil
    import subprocess

    check = f"import sys; sys.exit(sys.version_info < {_OLDEST})"
    for name in _CANDIDATES:
        path = shutil.which(name)
        # Version managers leave programs on PATH that only say that they are not there.
        if path and subprocess.call([path, "-c", check], stderr=subprocess.DEVNULL) == 0:
            os.execv(path, [path, "-S", "-m", "embedded.bootstrap", *arguments])
    raise StackError(
        f"Framemill needs Python 3.11 or newer, and this is {sys.version_info[0]}."
        f"{sys.version_info[1]}; install one, or name it: make PYTHON=/path/to/python3.11"
    )


def _install(profile: str) -> None:
    # Imported here: the usual start has nothing to install and must be quick.
    import importlib.util

    from embedded import installer

    if importlib.util.find_spec("ensurepip") is None:
        raise StackError(
            "This Python cannot make virtual environments; install its venv package first "
            "(Debian and Ubuntu: apt-get install python3-venv)."
        )
    environment = ROOT / ".venv"
    profile = wanted_profile(environment, profile)
    if not _stamp_is(environment, digest(ROOT, profile)):
        stamp.write(environment, "", profile=profile)
        installer.install_main(ROOT, profile)
        write_stamp(ROOT, environment, profile)
    ensure_beside("emulator", "the emulator")


def ensure_beside(name: str, what: str, python: Path | None = None) -> None:
    """Make `.venv-NAME` whole if it is not; see `installer.install_beside`.

    Raises:
        StackError: it could not be installed.
    """
    from embedded import installer

    environment = ROOT / f".venv-{name}"
    if not _stamp_is(environment, digest(ROOT, name)):
        stamp.write(environment, "", profile=name)
        installer.install_beside(ROOT, name, what, python)
        write_stamp(ROOT, environment, name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
