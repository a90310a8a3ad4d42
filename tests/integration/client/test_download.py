import os
from pathlib import Path

import pytest

from client import ApiError, DownloadFailed, DownloadProgress, Framemill
from tests.integration.client.standin_world import StandIn


@pytest.fixture
def stored(world: StandIn) -> tuple[str, bytes]:
    video = world.video()
    data = os.urandom(1_000_000)
    world.objects[f"{video['id']}/720p"] = data
    return video["id"], data


def test_the_file_arrives_under_the_stores_name(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    seen: list[DownloadProgress] = []
    path = client.download(stored[0], "720p", tmp_path, on_progress=seen.append)
    assert path == tmp_path / "a b.mp4"
    assert path.read_bytes() == stored[1]
    assert seen[-1] == DownloadProgress(1_000_000, 1_000_000, 0)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a b.mp4"]


def test_the_access_token_never_reaches_the_store(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    client.download(stored[0], "720p", tmp_path / "out.mp4")
    assert len(world.headers_at_store) == 1
    assert "authorization" not in world.headers_at_store[0]


def test_a_broken_download_goes_on_where_it_stopped(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    world.cut_download_at = [300_000]
    path = client.download(stored[0], "720p", tmp_path / "out.mp4")
    assert path.read_bytes() == stored[1]
    # What is already in the pipe when the connection breaks may be lost.
    assert world.ranges[-1] is not None
    assert 0 < int(world.ranges[-1].removeprefix("bytes=").rstrip("-")) <= 300_000


def test_a_shortened_answer_is_not_taken_for_the_whole(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    world.cut_download_at = [300_000]
    world.shorten_range_to = [1000]
    path = client.download(stored[0], "720p", tmp_path / "out.mp4")
    assert path.read_bytes() == stored[1]


def test_another_version_of_the_file_is_not_mixed_in(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    world.cut_download_at = [300_000] + [0] * 100
    with pytest.raises(DownloadFailed, match="Run the command again"):
        client.download(stored[0], "720p", tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()
    world.cut_download_at = []
    world.ranges.clear()
    data = os.urandom(900_000)
    world.objects[f"{stored[0]}/720p"] = data
    assert client.download(stored[0], "720p", tmp_path / "out.mp4").read_bytes() == data
    assert world.ranges == [None]


def test_a_file_that_is_there_is_kept(
    client: Framemill, world: StandIn, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "out.mp4"
    path.write_text("mine")
    with pytest.raises(DownloadFailed, match="already exists"):
        client.download(stored[0], "720p", path)
    assert path.read_text() == "mine"
    client.download(stored[0], "720p", path, force=True)
    assert path.read_bytes() == stored[1]


def test_a_name_that_does_not_exist(
    client: Framemill, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    with pytest.raises(ApiError) as caught:
        client.download(stored[0], "4320p", tmp_path)
    assert caught.value.code == "not_found"


def test_a_place_that_cannot_be_written(
    client: Framemill, stored: tuple[str, bytes], tmp_path: Path
) -> None:
    with pytest.raises(DownloadFailed, match="cannot be written"):
        client.download(stored[0], "720p", tmp_path / "no" / "such" / "out.mp4")
