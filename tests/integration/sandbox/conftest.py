"""A place for an attack: a worker's directories, what it should not reach, and who runs it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from workers.ffmpeg.process import launched
from workers.sandbox.kernel import Kernel, Layer, ask_kernel
from workers.sandbox.libraries import needs_of
from workers.sandbox.policy import Policy

HERE = Path(__file__).parent
LAUNCHER = HERE.parents[2] / "workers" / "sandbox" / "launch.py"
NOBODY = 65534
TOO_LARGE = 10_000_000
_IMPORTED = "ctypes, fcntl, json, mmap, socket"


@dataclass(frozen=True)
class Interpreter:
    """The program that attacks.

    Attributes:
        path: of the executable, without links.
        library: directory of the standard library.
        files: whatever it has mapped once it has imported what the attack needs.
    """

    path: str
    library: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """Where an attack happens.

    Attributes:
        interpreter: that attacks.
        user: number of the user that does, None for the tests' own.
        root: holds everything.
        kernel: what can be used against it.
        facts: what the attacker knows.
    """

    interpreter: Interpreter
    user: int | None
    root: Path
    kernel: Kernel
    facts: dict[str, Any]

    @property
    def privileged(self) -> bool:
        return self.user is None and os.geteuid() == 0

    def policy(self, *layers: Layer) -> Policy:
        """What FFmpeg may do, with the interpreter's files in the place of FFmpeg's."""
        needs = asyncio.run(needs_of(self.interpreter.path))
        return Policy(
            self.kernel,
            frozenset(layers),
            programs=needs.programs,
            readable=(*needs.libraries, *self.interpreter.files, self.interpreter.library,
                      str(self.root / "attacker.py"), self.facts["input"]),
            writable=(self.facts["out"],),
            cpu_seconds=60,
            file_size=TOO_LARGE,
            address_space=2 * 1024**3,
            processes=1,
        )  # fmt: skip

    def run(
        self, policy: Policy | None, groups: Sequence[Sequence[str]]
    ) -> list[tuple[int, str, str]]:
        """Make attempts, each group of them in a process; return status, output and complaints."""
        attack = [self.interpreter.path, "-I", "-S", str(self.root / "attacker.py"), "FACTS"]
        commands = []
        for names in groups:
            words = launched([*attack, *names], policy)[5:]
            launcher = [self.interpreter.path, "-I", "-S", str(self.root / "launch.py"), "PARENT"]
            # Without a policy there is no launcher either: that is what is compared with.
            commands.append([*launcher, *words] if policy else [*attack, *names])
        asked = {"commands": commands, "facts": self.facts, "cwd": str(self.root)}
        identity: dict[str, Any] = {}
        if self.user is not None:
            identity = {"user": self.user, "group": self.user, "extra_groups": []}
        done = subprocess.run(
            [self.interpreter.path, "-I", "-S", str(self.root / "standin.py")],
            input=json.dumps(asked),
            env={"LC_ALL": "C", "AWS_SECRET_ACCESS_KEY": "canary"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **identity,
        )
        assert done.returncode == 0, done.stderr
        return [tuple(each) for each in json.loads(done.stdout)]


@pytest.fixture(scope="session")
def kernel() -> Kernel:
    if sys.platform != "linux":
        pytest.skip("the sandbox is Linux's")
    return ask_kernel()


@pytest.fixture(params=["ordinary-user", "root"])
def stage(request: pytest.FixtureRequest, kernel: Kernel) -> Iterator[Stage]:
    """Directories with a neighbour's among them, and listeners that should hear nothing."""
    root_asked = request.param == "root"
    if root_asked and os.geteuid() != 0:
        pytest.skip("the tests do not run as root")
    user = NOBODY if os.geteuid() == 0 and not root_asked else None
    interpreter = _interpreter(user)
    if interpreter is None:
        pytest.skip("no Python here can be run by another user")
    # Not in pytest's own directory, which only its user may enter.
    root = Path(tempfile.mkdtemp(prefix="framemill-attack-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, root)
        yield Stage(interpreter, user, root, kernel, _set(stack, root, user))


def _set(stack: ExitStack, root: Path, user: int | None) -> dict[str, Any]:
    for source in (HERE / "attacker.py", HERE / "standin.py", LAUNCHER):
        shutil.copyfile(source, root / source.name)
        (root / source.name).chmod(0o644)
    for name in ("out", "other", "empty", "home"):
        (root / name).mkdir()
    for name in ("input", "other/neighbour"):
        (root / name).write_text("frames")
    if user is not None:
        for path in (root, *root.rglob("*")):
            os.chown(path, user, user)
    stack.callback(Path(f"{root}-made").unlink, missing_ok=True)
    listeners = {}
    for name, family, kind, address in (
        ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        ("unix", socket.AF_UNIX, socket.SOCK_STREAM, str(root / "socket")),
        ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, "\0" + root.name),
    ):
        found = stack.enter_context(socket.socket(family, kind))
        found.bind(address)
        if kind == socket.SOCK_STREAM:
            found.listen(16)
        listeners[name] = found
    (root / "socket").chmod(0o777)
    return {
        "neighbour": str(root / "other" / "neighbour"),
        "input": str(root / "input"),
        "out": str(root / "out"),
        "empty": str(root / "empty"),
        "home": str(root / "home" / "made"),
        "tmp": f"{root}-made",
        "tcp": listeners["tcp"].getsockname()[1],
        "udp": listeners["udp"].getsockname()[1],
        "unix": str(root / "socket"),
        "abstract": root.name,
        "too_large": TOO_LARGE,
    }


@cache
def _interpreter(user: int | None) -> Interpreter | None:
    """The running Python, or one of the system's when another user cannot enter where that is."""
    ask = (
        f"import os, sys, {_IMPORTED}; print(os.path.realpath(sys.executable));"
        "print(os.path.dirname(os.__file__));"
        "print(*{line.split()[5] for line in open('/proc/self/maps') if ' /' in line}, sep='\\n')"
    )
    identity: dict[str, Any] = {}
    if user is not None:
        identity = {"user": user, "group": user, "extra_groups": []}
    base = os.path.realpath(sys.executable)
    for path in (base, "/usr/bin/python3", "/usr/local/bin/python3"):
        try:
            answer = subprocess.run(
                [path, "-I", "-S", "-c", ask], capture_output=True, text=True, check=True,
                env={}, cwd="/", **identity,
            ).stdout.splitlines()  # fmt: skip
        except (OSError, subprocess.SubprocessError):
            continue
        return Interpreter(answer[0], answer[1], tuple(answer[2:]))
    return None
