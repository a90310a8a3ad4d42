"""Several downloads into one place, and ends in the middle of one."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from client import DownloadFailed, DownloadProgress, Framemill
from tests.integration.client.conftest import Run
from tests.integration.client.standin_world import StandIn

HALF = 500_000


@pytest.fixture
def stored(world: StandIn) -> tuple[str, bytes]:
    video = world.video()["id"]
    for name in ("720p", "480p"):
        world.objects[f"{video}/{name}"] = os.urandom(2 * HALF)
    return video, world.objects[f"{video}/720p"]


class Fetching(threading.Thread):
    """A download beside the test."""

    def __init__(self, client: Framemill, video: str, name: str, target: Path, force: bool) -> None:
        super().__init__()
        self.received = 0
        self.failure: str | None = None
        self._client, self._what, self._target = client, (video, name), target
        self._force = force

    def run(self) -> None:
        def count(progress: DownloadProgress) -> None:
            self.received = progress.received

        try:
            self._client.download(*self._what, self._target, force=self._force, on_progress=count)
        except DownloadFailed as error:
            self.failure = str(error)


@contextmanager
def halfway(world: StandIn, fetching: Fetching, count: int = HALF) -> Iterator[Fetching]:
    """Start a download, which stands still after `count` bytes until the block ends."""
    gate = threading.Event()
    world.download_gates.append((count, gate))
    fetching.start()
    try:
        world.wait_for(lambda: fetching.received > 0 or not fetching.is_alive())
        yield fetching
    finally:
        gate.set()
        fetching.join(60)


def partials(directory: Path) -> list[str]:
    return [entry.name for entry in directory.glob(".framemill-*")]


@pytest.mark.parametrize("force", [False, True])
def test_two_of_one_object_into_one_file(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path, force: bool
) -> None:
    video, data = stored
    target = tmp_path / "out.mp4"
    first, second = (Fetching(client, video, "720p", target, force) for _ in range(2))
    second_gate = threading.Event()
    with halfway(world, first):
        open_gate = threading.Event()
        open_gate.set()
        world.download_gates.append((0, open_gate))  # the answer with the whole object
        world.download_gates.append((HALF // 2, second_gate))  # that with the rest
        second.start()
        world.wait_for(lambda: len(world.ranges) == 3 or not second.is_alive())
    second_gate.set()
    second.join(60)
    assert target.stat().st_size == len(data)
    assert target.read_bytes() == data
    assert first.failure is None
    assert second.failure is not None
    assert "out.mp4 is already being downloaded" in second.failure
    assert not partials(tmp_path)


def test_two_objects_into_one_file_keep_what_came_first(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    video, _ = stored
    target = tmp_path / "out.mp4"
    with halfway(world, Fetching(client, video, "720p", target, force=False)) as slow:
        client.download(video, "480p", target)
    assert slow.failure is not None
    assert "already exists" in slow.failure
    assert target.read_bytes() == world.objects[f"{video}/480p"]


def test_two_objects_into_one_file_by_force_leave_one_of_them_whole(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    video, data = stored
    target = tmp_path / "out.mp4"
    with halfway(world, Fetching(client, video, "720p", target, force=True)) as slow:
        client.download(video, "480p", target, force=True)
    assert slow.failure is None
    assert target.read_bytes() == data
    assert not partials(tmp_path)


def test_a_file_that_appears_meanwhile_is_kept_and_the_work_too(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    video, data = stored
    target = tmp_path / "out.mp4"
    with halfway(world, Fetching(client, video, "720p", target, force=False)) as slow:
        target.write_text("mine")
    assert slow.failure is not None
    assert "already exists. Use --force" in slow.failure
    assert target.read_text() == "mine"
    seen: list[DownloadProgress] = []
    client.download(video, "720p", target, force=True, on_progress=seen.append)
    assert target.read_bytes() == data
    assert not seen, "nothing had to be fetched"


def test_without_hard_links_a_file_that_appears_meanwhile_is_kept_too(
    client: Framemill,
    world: StandIn,
    stored: tuple[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)  # as on FAT
    video, data = stored
    target = tmp_path / "out.mp4"
    assert client.download(video, "720p", target).read_bytes() == data
    other = tmp_path / "other.mp4"
    with halfway(world, Fetching(client, video, "720p", other, force=False)) as slow:
        other.write_text("mine")
    assert slow.failure is not None
    assert other.read_text() == "mine"


def test_a_download_that_was_killed_goes_on(
    run: Run, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    video, data = stored
    target = tmp_path / "out.mp4"
    gate = threading.Event()
    world.download_gates.append((HALF, gate))
    command = [sys.executable, "-m", "client", "download", video, "720p", "-o", str(target)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    world.wait_for(lambda: any(p.stat().st_size for p in tmp_path.glob(".framemill-*")))
    assert run("download", video, "720p", "-o", target) == 1, "it is locked"
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    gate.set()
    assert run("download", video, "720p", "-o", target) == 0
    assert target.read_bytes() == data
    assert world.ranges[-1] is not None
    assert not partials(tmp_path)


def test_what_was_killed_between_its_two_names_is_not_touched_again(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    """A hard link is made before the other name goes: both may stay behind."""
    video, data = stored
    target, kept = tmp_path / "out.mp4", tmp_path / "kept.mp4"
    world.cut_download_at = [HALF] + [0] * 100
    with pytest.raises(DownloadFailed):
        client.download(video, "720p", target)
    [partial] = tmp_path.glob(".framemill-*")
    os.link(partial, kept)
    before = kept.read_bytes()
    world.cut_download_at = []
    assert client.download(video, "720p", target).read_bytes() == data
    assert kept.read_bytes() == before
    assert not partials(tmp_path)


def spoil(tmp_path: Path) -> None:
    """Change a byte of what an earlier run had left."""
    [partial] = tmp_path.glob(".framemill-*")
    with partial.open("r+b") as file:
        file.seek(10)
        byte = file.read(1)
        file.seek(10)
        file.write(bytes([byte[0] ^ 1]))


def test_what_an_earlier_run_left_broken_is_found_and_fetched_again(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    video, data = stored
    target = tmp_path / "out.mp4"
    world.cut_download_at = [HALF] + [0] * 100
    with pytest.raises(DownloadFailed):
        client.download(video, "720p", target)
    world.cut_download_at = []
    spoil(tmp_path)
    assert client.download(video, "720p", target).read_bytes() == data


@pytest.mark.parametrize(
    ("headers", "etag_proves"),
    [
        ({}, True),
        ({"ETag": '"0123456789abcdef0123456789abcdef-3"'}, False),
        ({"x-amz-server-side-encryption": "aws:kms"}, False),
    ],
)
def test_bytes_that_changed_on_the_way(
    client: Framemill,
    world: StandIn,
    stored: tuple[str, bytes],
    tmp_path: Path,
    headers: dict[str, str],
    etag_proves: bool,
) -> None:
    video, data = stored
    world.object_headers = headers
    world.spoil_downloads = 1
    path = client.download(video, "720p", tmp_path)
    assert (path.read_bytes() == data) is etag_proves
    assert len(world.ranges) == (2 if etag_proves else 1)


def test_bytes_that_change_every_time_are_refused(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    video, _ = stored
    world.spoil_downloads = 100
    with pytest.raises(DownloadFailed, match="checksum"):
        client.download(video, "720p", tmp_path / "out.mp4")
    assert not list(tmp_path.glob("*.mp4"))


def test_a_store_whose_etags_only_look_like_checksums(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    """Twice the same bytes are what it holds."""
    video, data = stored
    world.object_headers = {"ETag": f'"{"0" * 32}"'}
    assert client.download(video, "720p", tmp_path).read_bytes() == data
    assert len(world.ranges) == 2


def test_something_that_is_no_ordinary_file_is_never_replaced(
    client: Framemill, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(DownloadFailed, match="not a regular file"):
        client.download(stored[0], "720p", pipe, force=True)
    assert pipe.is_fifo()
