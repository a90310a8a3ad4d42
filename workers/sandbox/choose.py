"""Chooses the sandbox of a worker from the setting, the kernel and a test."""

import os
import sys
from itertools import combinations
from pathlib import Path

from core import log
from workers.sandbox.kernel import Kernel, Layer, ask_kernel
from workers.sandbox.libraries import UnreadableProgramError, needs_of
from workers.sandbox.policy import Needs, Sandbox, address_space
from workers.sandbox.prove import LeakError, prove

_log = log.get(__name__)


class NoSandboxError(Exception):
    """The sandbox that the setting asks for is not possible. The message is for the operator."""


async def choose(
    wanted: str, ffmpeg: str, ffprobe: str, folder: Path, memory: int | None = None
) -> Sandbox:
    """Return the sandbox to use, having seen in a `folder` that it holds.

    Wanted are `required`: all layers, or none at all; `preferred`: as many as hold; or `off`. A
    program may have `memory` bytes of address space; None for what the cores suggest.

    Raises:
        NoSandboxError: `required`, and a layer is missing or does not hold.
        OSError: a program cannot be read.
    """
    if wanted == "off":
        return _without(Kernel(0, None, ()), "SANDBOX=off")
    kernel = ask_kernel()
    if wanted == "required" and kernel.missing:
        raise _refused(" and ".join(kernel.missing))
    if sys.platform != "linux":
        return _without(kernel, "; ".join(kernel.missing))
    needs = {program: await _needs(program, wanted) for program in (ffmpeg, ffprobe)}
    most = address_space(os.cpu_count() or 1) if memory is None else memory
    reasons = list(kernel.missing)
    for layers in _candidates(kernel.layers):
        sandbox = Sandbox(kernel, layers, needs, most)
        try:
            await prove(sandbox, ffmpeg, ffprobe, folder)
        except LeakError as error:
            if wanted == "required":
                raise _refused(str(error)) from error
            reasons.append(f"{' and '.join(sorted(layers)) or 'resource limits'}: {error}")
            continue
        told = {"layers": sorted(map(str, layers)), "landlock_abi": kernel.landlock_abi}
        if reasons:
            _log.warning("sandbox", **told, reason="; ".join(reasons))
        else:
            _log.info("sandbox", **told)
        return sandbox
    return _without(kernel, "; ".join(reasons))


def _without(kernel: Kernel, reason: str) -> Sandbox:
    _log.warning("sandbox", layers=[], reason=reason)
    return Sandbox(kernel, None, {}, None)


def _candidates(layers: frozenset[Layer]) -> list[frozenset[Layer]]:
    """Return all sets of them, largest first."""
    ordered = sorted(layers)
    sizes = range(len(ordered), -1, -1)
    return [frozenset(chosen) for size in sizes for chosen in combinations(ordered, size)]


async def _needs(program: str, wanted: str) -> Needs:
    try:
        return await needs_of(program)
    except UnreadableProgramError as error:
        if wanted == "required":
            raise _refused(str(error)) from error
        return Needs((program,), ())


def _refused(reason: str) -> NoSandboxError:
    return NoSandboxError(
        f"SANDBOX=required is not possible: {reason}. SANDBOX=preferred uses what this machine has"
    )
