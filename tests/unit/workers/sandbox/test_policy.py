"""A policy in the launcher's words, and the numbers it is made of."""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from workers.media.info import MediaInfo, VideoStream
from workers.media.ladder import MISSION_LADDER
from workers.media.limits import DEFAULT_LIMITS
from workers.media.plan import EncodePlan, plan
from workers.sandbox import landlock
from workers.sandbox.kernel import Kernel, Layer
from workers.sandbox.libraries import UnreadableProgramError, needs_of, parse_listing
from workers.sandbox.machines import AARCH64
from workers.sandbox.policies import encode_policy, largest_output, probe_policy
from workers.sandbox.policy import Needs, Sandbox, address_space
from workers.sandbox.seccomp import allow_list

FFMPEG, LOADER, LIBRARY = "/opt/ffmpeg", "/lib/ld.so", "/lib/libm.so.6"
KERNEL = Kernel(landlock_abi=7, machine=AARCH64, missing=())
NEEDS = {FFMPEG: Needs((FFMPEG, LOADER), (LIBRARY,))}


def sandbox(*layers: Layer, abi: int = 7) -> Sandbox:
    return Sandbox(replace(KERNEL, landlock_abi=abi), frozenset(layers), NEEDS, 1 << 33)


def words(found: Any) -> list[tuple[str, str]]:
    said = found.words()
    return list(zip(said[::2], said[1::2], strict=True))


def test_landlock_names_every_file_with_its_rights() -> None:
    found = sandbox(Layer.LANDLOCK).policy(
        FFMPEG, reads=[Path("/s/input")], writes=[Path("/s/out")], cpu_seconds=9
    )
    said = [pair for pair in words(found) if pair[0] != "limit"]
    program, read, write = 0b101, 0b1100, 0b100000100000110
    assert said == [
        ("landlock", f"{(1 << 16) - 1}:3:3"),
        ("allow", f"{program}:{FFMPEG}"),
        ("allow", f"{program}:{LOADER}"),
        ("allow", f"{read}:{LIBRARY}"),
        ("allow", f"{read}:/s/input"),
        ("allow", f"{write}:/s/out"),
    ]


def test_seccomp_names_the_machines_numbers_and_filter() -> None:
    found = sandbox(Layer.SECCOMP).policy(FFMPEG, cpu_seconds=9)
    assert words(found)[-1] == ("seccomp", f"277:221:131:{allow_list(AARCH64).hex()}")
    assert "landlock" not in dict(words(found))


def test_limits_are_set_whatever_the_layers() -> None:
    found = sandbox().policy(FFMPEG, cpu_seconds=9, file_size=1000)
    assert dict(pair for _, pair in ((w, v.split(":")) for w, v in words(found))) == {
        str(resource.RLIMIT_CORE): "0",
        str(resource.RLIMIT_FSIZE): "1000",
        str(resource.RLIMIT_CPU): "9",
        str(resource.RLIMIT_NOFILE): "128",
        str(resource.RLIMIT_NPROC): "8192",
        str(resource.RLIMIT_AS): str(1 << 33),
    }
    endless = replace(sandbox(), address_space=None).policy(FFMPEG, cpu_seconds=9)
    assert f"{resource.RLIMIT_AS}:" not in str(words(endless))


def test_the_users_other_processes_count_only_where_seccomp_is_missing() -> None:
    for layers, expected in (((Layer.SECCOMP,), False), ((Layer.LANDLOCK,), True)):
        found = sandbox(*layers).policy(FFMPEG, cpu_seconds=9)
        limits = [value for word, value in words(found) if word == "limit"]
        assert any(each.startswith(f"{resource.RLIMIT_NPROC}:") for each in limits) is expected


def test_paths_do_not_depend_on_where_the_program_runs(tmp_path: Path) -> None:
    found = sandbox(Layer.LANDLOCK).policy(FFMPEG, reads=[Path("input")], cpu_seconds=9)
    assert found is not None
    assert found.readable[-1] == str(Path.cwd() / "input")


@pytest.mark.parametrize(
    ("abi", "files", "network", "scopes"),
    [(1, 0x1FFF, 0, 0), (2, 0x3FFF, 0, 0), (3, 0x7FFF, 0, 0), (4, 0x7FFF, 3, 0),
     (5, 0xFFFF, 3, 0), (6, 0xFFFF, 3, 3), (9, 0xFFFF, 3, 3)],
    ids=lambda value: f"{value:x}",
)  # fmt: skip
def test_only_what_the_kernel_knows_is_asked_of_it(
    abi: int, files: int, network: int, scopes: int
) -> None:
    assert landlock.handled(abi) == (files, network, scopes)


def test_rights_that_an_old_kernel_lacks_are_left_out() -> None:
    found = sandbox(Layer.LANDLOCK, abi=2).policy(FFMPEG, writes=[Path("/out")], cpu_seconds=9)
    assert words(found)[-1] == ("allow", f"{landlock.WRITE & ~landlock.TRUNCATE}:/out")


def film() -> EncodePlan:
    video = VideoStream(index=0, codec="h264", width=1920, height=1080)
    return plan(MediaInfo(format_name="mp4", duration=60.0, video=video), MISSION_LADDER)


def test_an_encode_reads_the_source_and_writes_the_outputs_only() -> None:
    place = Path("/s/attempt")
    found = encode_policy(
        sandbox(Layer.LANDLOCK), FFMPEG, film(), place / "input", place / "out", DEFAULT_LIMITS
    )
    assert found is not None
    assert found.readable == (LIBRARY, "/s/attempt/input")
    assert found.writable == ("/s/attempt/out",)
    # A minute of film may take 20; every core may be busy all that time.
    assert found.cpu_seconds == 1200 * (os.cpu_count() or 1) + 60


def test_an_encode_from_a_pipe_reads_no_file() -> None:
    out = Path("/s/attempt/out")
    found = encode_policy(sandbox(Layer.LANDLOCK), FFMPEG, film(), None, out, DEFAULT_LIMITS)
    assert found is not None
    assert found.readable == (LIBRARY,)


def test_a_probe_writes_nothing() -> None:
    found = probe_policy(sandbox(Layer.LANDLOCK), FFMPEG, Path("/s/input"), 10)
    assert found is not None
    assert found.readable == (LIBRARY, "/s/input")
    assert (found.writable, found.file_size) == ((), 0)


def test_no_output_is_larger_than_its_ceiling_for_the_longest_film() -> None:
    decided = film()
    most = max(each.max_bitrate for each in decided.renditions) + decided.audio_bitrate
    assert largest_output(decided, 14400) == 2 * most * 14400 // 8
    assert largest_output(decided, 1) == 64 * 1024**2


def test_more_cores_may_have_more_memory() -> None:
    assert address_space(2) == 6 * 1024**3
    assert address_space(64) == 68 * 1024**3


def test_a_listing_names_paths() -> None:
    listing = (
        "\tlinux-vdso.so.1 (0x00007ffd6d5f2000)\n"
        "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f1d5a2b1000)\n"
        "\tlibodd.so => /opt/a b/libodd.so (0x00007f1d5a2b1000)\n"
        "\t/lib64/ld-linux-x86-64.so.2 (0x00007f1d5a4c1000)\n"
        "\tlibgone.so.1 => not found\n"
    )
    assert parse_listing(listing) == {
        "/lib/x86_64-linux-gnu/libm.so.6",
        "/opt/a b/libodd.so",
        "/lib64/ld-linux-x86-64.so.2",
    }


async def test_what_is_no_program_is_told(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    with pytest.raises(UnreadableProgramError, match="script is no program"):
        await needs_of(str(script))


@pytest.mark.skipif(sys.platform != "linux", reason="ELF is Linux's")
async def test_a_real_program_needs_its_loader_and_libraries() -> None:
    found = await needs_of(str(Path(sys.executable).resolve()))
    assert found.programs[0] == str(Path(sys.executable).resolve())
    if len(found.programs) > 1:  # else it is static
        assert any("libc" in name or "musl" in name for name in (*found.libraries, *found.programs))
