"""A worker tries its sandbox at start, and does not work without what was asked for."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from tests.integration.sandbox.test_work import FFMPEG, FFPROBE
from workers.sandbox.choose import NoSandboxError, choose
from workers.sandbox.kernel import Layer
from workers.sandbox.policy import Sandbox
from workers.sandbox.prove import LeakError, prove

if TYPE_CHECKING:
    from workers.sandbox.kernel import Kernel

PROJECT = Path(__file__).resolve().parents[3]
# As in a container that does not let Landlock through: its calls are answered with ENOSYS.
WITHOUT_LANDLOCK = """
import ctypes, os, runpy, struct, sys
sys.path.insert(0, os.getcwd())
code = b"".join(struct.pack("<HBBI", *each) for each in
                [(0x20, 0, 0, 0), (0x35, 0, 2, 444), (0x35, 1, 0, 447),
                 (0x06, 0, 0, 0x00050026), (0x06, 0, 0, 0x7FFF0000)])
buffer = ctypes.create_string_buffer(code)
program = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program, 0, 0) == 0
runpy.run_module("workers", run_name="__main__")
"""


@pytest.fixture
def whole(kernel: Kernel) -> Kernel:
    if kernel.missing:
        pytest.skip(f"this kernel lacks {' and '.join(kernel.missing)}")
    return kernel


@pytest.mark.parametrize("wanted", ["required", "preferred"])
async def test_all_layers_are_used_where_they_hold(
    whole: Kernel, tmp_path: Path, wanted: str
) -> None:
    with capture_logs() as logs:
        found = await choose(wanted, FFMPEG, FFPROBE, tmp_path)
    assert found.layers == frozenset(Layer)
    (line,) = logs
    assert (line["event"], line["log_level"]) == ("sandbox", "info")
    assert (line["layers"], line["landlock_abi"]) == (["landlock", "seccomp"], whole.landlock_abi)
    assert list(tmp_path.iterdir()) == []


async def test_switched_off_it_says_so_and_programs_run_as_they_are(tmp_path: Path) -> None:
    with capture_logs() as logs:
        found = await choose("off", FFMPEG, FFPROBE, tmp_path)
    assert found.policy(FFMPEG, cpu_seconds=1) is None
    assert [(each["event"], each["log_level"]) for each in logs] == [("sandbox", "warning")]


def test_a_worker_refuses_to_start_without_a_layer_that_is_required(
    whole: Kernel, tmp_path: Path
) -> None:
    environment = {
        "FFMPEG_PATH": FFMPEG, "FFPROBE_PATH": FFPROBE, "SCRATCH_DIR": str(tmp_path),
        # It does not get as far as asking them.
        "DATABASE_URL": "postgresql://127.0.0.1:9/x", "REDIS_URL": "redis://127.0.0.1:9",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_LANDLOCK],
        cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "framemill: the worker cannot start: SANDBOX=required is not possible: "
        "no Landlock (Linux 5.13 or newer, switched on; in Docker, 23 or newer). "
        "SANDBOX=preferred uses what this machine has"
    ]
    assert list(tmp_path.iterdir()) == []


async def test_without_landlock_the_rest_is_preferred_to_nothing(
    whole: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = replace(whole, landlock_abi=0, missing=("no Landlock",))
    monkeypatch.setattr("workers.sandbox.choose.ask_kernel", lambda: missing)
    with capture_logs() as logs:
        found = await choose("preferred", FFMPEG, FFPROBE, tmp_path)
    assert found.layers == frozenset({Layer.SECCOMP})
    (line,) = logs
    assert (line["log_level"], line["layers"], line["reason"]) == (
        "warning", ["seccomp"], "no Landlock",
    )  # fmt: skip


async def test_a_layer_that_does_not_hold_is_not_trusted(
    whole: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A kernel that says yes to Landlock and does nothing: without its words, that is what it is.
    monkeypatch.setattr("workers.sandbox.policy.Policy._landlock", lambda self: [])
    with pytest.raises(NoSandboxError, match="could read a file that it must not"):
        await choose("required", FFMPEG, FFPROBE, tmp_path)
    found = await choose("preferred", FFMPEG, FFPROBE, tmp_path)
    assert found.layers == frozenset({Layer.SECCOMP})


async def test_a_filter_that_does_not_hold_is_not_trusted(
    whole: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = (await choose("required", FFMPEG, FFPROBE, tmp_path)).needs
    # Landlock refuses TCP too, so it has to be one that knows nothing of it.
    lax = Sandbox(replace(whole, landlock_abi=3), frozenset(Layer), needs, None)
    allow_everything = (b"\x06\0\0\0\0\0\xff\x7f").hex()
    monkeypatch.setattr(
        "workers.sandbox.policy.allow_list", lambda machine: bytes.fromhex(allow_everything)
    )
    with pytest.raises(LeakError, match="could open a connection"):
        await prove(lax, FFMPEG, FFPROBE, tmp_path)


async def test_an_ffmpeg_that_cannot_work_inside_is_refused(whole: Kernel, tmp_path: Path) -> None:
    wrapper = tmp_path / "ffmpeg"
    wrapper.write_text(f'#!/bin/sh\nexec {FFMPEG} "$@"\n')
    wrapper.chmod(0o755)
    with pytest.raises(NoSandboxError, match="is no program of a 64-bit machine"):
        await choose("required", str(wrapper), FFPROBE, tmp_path)
    with capture_logs() as logs:
        found = await choose("preferred", str(wrapper), FFPROBE, tmp_path)
    assert found.layers == frozenset()
    assert logs[-1]["log_level"] == "warning"


async def test_elsewhere_than_on_linux(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert (await choose("preferred", FFMPEG, FFPROBE, tmp_path)).layers is None
    with pytest.raises(NoSandboxError, match="not Linux"):
        await choose("required", FFMPEG, FFPROBE, tmp_path)
