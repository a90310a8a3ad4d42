"""An upload that cannot succeed leaves nothing that counts as being uploaded; any other stays."""

import errno
import os
from pathlib import Path

import pytest

from client import ApiError, Framemill, HomeUnusable, ServerUnreachable, UploadFailed
from client.home import write_private
from tests.integration.client.standin_world import StandIn

MIB = 1024 * 1024


def states(world: StandIn) -> list[str]:
    return [upload.state for upload in world.uploads.values()]


def remembered(home: Path) -> list[Path]:
    return list((home / "uploads").glob("*.json"))


def test_a_memory_that_cannot_be_written_is_found_before_anything_is_begun(
    client: Framemill, world: StandIn, clip: Path, home: Path
) -> None:
    home.mkdir()
    (home / "uploads").write_text("a file in the place of the directory")
    with pytest.raises(HomeUnusable, match="FRAMEMILL_HOME"):
        client.upload(clip)
    assert not world.uploads


def test_a_disk_that_is_full_once_the_upload_is_begun(
    client: Framemill, world: StandIn, clip: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        if world.uploads:
            raise HomeUnusable(os.strerror(errno.ENOSPC))
        write_private(path, text)

    monkeypatch.setattr("client.resume.write_private", full)
    with pytest.raises(HomeUnusable):
        client.upload(clip)
    assert states(world) == ["aborted"]
    assert not remembered(home)


def test_an_upload_that_is_not_begun_is_not_remembered(
    client: Framemill, world: StandIn, tmp_path: Path, home: Path
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no video")
    with pytest.raises(ApiError):
        client.upload(text)
    assert not remembered(home)


@pytest.mark.parametrize("end", ["answers are lost", "killed"])
def test_a_run_that_ends_before_it_knows_the_upload_finds_it_the_next_time(
    client: Framemill, world: StandIn, clip: Path, home: Path, end: str
) -> None:
    if end == "killed":

        class Killed(BaseException):
            pass

        def die(call: str) -> None:
            if call == "POST /v1/uploads":
                raise Killed

        original = client.api.create_upload

        def create(*arguments: object) -> None:
            original(*arguments)  # type: ignore[arg-type]
            raise Killed

        client.api.create_upload = create  # type: ignore[assignment]
        with pytest.raises(Killed):
            client.upload(clip)
        client.api.create_upload = original  # type: ignore[method-assign]
    else:
        world.call_faults = [("/v1/uploads$", "drop the answer")] * 7
        with pytest.raises(ServerUnreachable):
            client.upload(clip)
    assert states(world) == ["open"]
    video = client.upload(clip)
    assert world.objects[video.id] == clip.read_bytes()
    assert states(world) == ["completed"], "no second one was begun"
    assert not remembered(home)


def test_a_key_whose_upload_is_over_is_not_used_again(
    client: Framemill, world: StandIn, clip: Path
) -> None:
    world.call_faults = [("/v1/uploads$", "drop the answer")] * 7
    with pytest.raises(ServerUnreachable):
        client.upload(clip)
    next(iter(world.uploads.values())).state = "expired"
    video = client.upload(clip)
    assert world.objects[video.id] == clip.read_bytes()


@pytest.mark.parametrize("fault", ["403", "405"])
def test_an_upload_that_is_refused_before_anything_arrived_is_given_up(
    client: Framemill, world: StandIn, clip: Path, home: Path, fault: str
) -> None:
    world.faults = {number: [fault] * 10 for number in range(1, 7)}
    with pytest.raises(UploadFailed, match="Run the command again"):
        client.upload(clip)
    assert states(world) == ["aborted"]
    assert not remembered(home)
    world.faults = {}
    assert world.objects[client.upload(clip).id] == clip.read_bytes()


def test_an_upload_whose_parts_the_server_does_not_sign_is_given_up(
    client: Framemill, world: StandIn, clip: Path
) -> None:
    world.call_faults = [("/parts$", "422")]
    with pytest.raises(ApiError):
        client.upload(clip)
    assert states(world) == ["aborted"]


@pytest.mark.parametrize("fault", ["503", "reset"])
def test_what_may_pass_leaves_the_upload_as_it_is(
    client: Framemill, world: StandIn, clip: Path, home: Path, fault: str
) -> None:
    world.faults = {number: [fault] * 20 for number in range(1, 7)}
    with pytest.raises(UploadFailed):
        client.upload(clip)
    assert states(world) == ["open"]
    assert len(remembered(home)) == 1


def test_what_has_arrived_in_part_stays_resumable(
    client: Framemill, world: StandIn, clip: Path
) -> None:
    world.faults = {6: ["405"]}
    with pytest.raises(UploadFailed):
        client.upload(clip, connections=1)
    assert states(world) == ["open"]
    client.upload(clip)
    assert states(world) == ["completed"]
    assert world.part_puts[1] == 1


def test_an_upload_that_the_store_has_lost_is_ended_at_the_server_too(
    client: Framemill, world: StandIn, clip: Path, home: Path
) -> None:
    def lose(number: int) -> None:
        next(iter(world.uploads.values())).lost = number == 3

    world.on_part = lose
    with pytest.raises(UploadFailed, match="NoSuchUpload"):
        client.upload(clip, connections=1)
    assert states(world) == ["aborted"]
    assert not remembered(home)


def test_an_upload_that_the_store_no_longer_knows_as_it_is_complete_is_adopted(
    client: Framemill, world: StandIn, clip: Path, home: Path
) -> None:
    """The server had the parts put together and died before it could note that."""
    world.call_faults = [("/complete$", "503")] * 7
    with pytest.raises(ApiError):
        client.upload(clip)
    [upload] = world.uploads.values()
    world.objects[upload.video_id] = clip.read_bytes()
    upload.parts, upload.lost = {}, True
    sent = world.part_bytes.total()
    world.on_call = lambda call: (
        upload.parts.update({n + 1: bytes(MIB) for n in range(5)} | {6: b"the end"})
        if call.endswith("/complete")
        else None
    )
    video = client.upload(clip)
    assert video.id == upload.video_id
    assert video.state == "queued"
    assert world.part_bytes.total() == sent
    assert not remembered(home)


@pytest.mark.parametrize(
    "text",
    ["", "{half", "[]", '{"upload_id": 5}', "[" * 100_000, "\x00", '{"upload_id": null}',
     '{"upload_id": "../me", "video_id": "", "size": %(size)d, "mtime_ns": %(mtime)d}',
     '{"upload_id": "", "video_id": "", "size": %(size)d, "mtime_ns": %(mtime)d, "key": 7}'],
)  # fmt: skip
def test_a_damaged_memory_counts_as_none(
    client: Framemill, world: StandIn, clip: Path, home: Path, text: str
) -> None:
    world.faults = {6: ["503"] * 20}
    with pytest.raises(UploadFailed):
        client.upload(clip, connections=1)
    [file] = remembered(home)
    stat = clip.stat()
    values = {"size": stat.st_size, "mtime": stat.st_mtime_ns}
    file.write_text(text % values if "%(" in text else text)
    world.faults = {}
    assert world.objects[client.upload(clip).id] == clip.read_bytes()
