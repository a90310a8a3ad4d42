import os
import threading
from pathlib import Path

import pytest

from client import FileChanged, Framemill, UploadFailed, UploadProgress
from client.upload import Begun
from tests.integration.client.standin_world import StandIn

MIB = 1024 * 1024


def test_every_part_arrives_once_and_whole(
    client: Framemill, world: StandIn, clip: Path, home: Path
) -> None:
    seen: list[UploadProgress] = []
    video = client.upload(clip, title="Holiday", on_progress=seen.append)
    assert world.objects[video.id] == clip.read_bytes()
    assert video.state == "queued"
    assert video.title == "Holiday"
    assert dict(world.part_puts) == dict.fromkeys(range(1, 7), 1)
    assert seen[-1] == UploadProgress(5 * MIB + 7, 5 * MIB + 7, 0)
    assert [step.sent for step in seen] == sorted(step.sent for step in seen)
    assert not list((home / "uploads").iterdir()), "nothing is remembered of what is done"


def test_the_access_token_never_reaches_the_store(
    client: Framemill, world: StandIn, clip: Path
) -> None:
    client.upload(clip)
    assert len(world.headers_at_store) == 6
    assert not any("authorization" in headers for headers in world.headers_at_store)
    assert world.headers_at_store[0]["content-length"] == str(MIB)


def test_urls_are_signed_only_a_few_parts_ahead(
    client: Framemill, world: StandIn, tmp_path: Path
) -> None:
    world.part_size = 1024
    world.part_gate = threading.Event()
    file = tmp_path / "long.mp4"
    file.write_bytes(os.urandom(100 * 1024))
    upload = threading.Thread(target=client.upload, args=(file,), kwargs={"connections": 2})
    upload.start()
    world.wait_for(lambda: len(world.signed) >= 3)
    world.part_gate.set()
    upload.join()
    assert world.most_ahead <= 6
    assert sorted(n for numbers in world.signed for n in numbers) == list(range(1, 101))


@pytest.mark.parametrize("fault", ["403", "early 403", "503", "500", "reset", "drop the answer"])
def test_a_part_that_fails_is_sent_again(
    client: Framemill, world: StandIn, clip: Path, fault: str
) -> None:
    world.faults = {3: [fault]}
    seen: list[UploadProgress] = []
    video = client.upload(clip, on_progress=seen.append)
    assert seen[-1].sent == clip.stat().st_size
    assert world.objects[video.id] == clip.read_bytes()
    assert world.part_puts[3] == 2
    assert world.part_bytes.total() == clip.stat().st_size


@pytest.mark.parametrize(("fault", "signings"), [("403", 2), ("early 403", 2), ("503", 1)])
def test_a_url_that_was_refused_is_replaced(
    client: Framemill, world: StandIn, clip: Path, fault: str, signings: int
) -> None:
    world.faults = {3: [fault]}
    client.upload(clip)
    assert sum(numbers.count(3) for numbers in world.signed) == signings


def test_a_part_that_is_always_refused_ends_the_upload_and_leaves_it_resumable(
    client: Framemill, world: StandIn, clip: Path
) -> None:
    world.faults = {6: ["403"] * 10}
    with pytest.raises(
        UploadFailed, match=r"clip\.mp4 could not be uploaded \(403 AccessDenied no\)"
    ):
        client.upload(clip)
    assert world.part_puts[6] == 3
    assert "POST /v1/uploads" in world.calls
    assert not world.objects
    world.faults = {}
    sent_before = world.part_bytes.copy()
    begun: list[Begun] = []
    video = client.upload(clip, on_begin=begun.append)
    assert begun[0].resumed
    assert world.calls.count("POST /v1/uploads") == 1
    assert world.objects[video.id] == clip.read_bytes()
    assert all(world.part_bytes[n] == sent_before[n] for n in sent_before), "sent twice"


def test_what_the_store_says_before_it_hangs_up_is_heard(
    client: Framemill, world: StandIn, clip: Path
) -> None:
    world.part_size = 64 * MIB  # more than the kernel takes before anybody reads it
    os.truncate(clip, world.part_size)
    world.faults = {1: ["early 403"] * 10}
    with pytest.raises(UploadFailed, match="403 AccessDenied Request has expired"):
        client.upload(clip)


def test_a_kept_connection_that_was_closed_is_no_failure(
    client: Framemill, world: StandIn, clip: Path
) -> None:
    world.close_after_parts = True
    video = client.upload(clip, connections=1)
    assert world.objects[video.id] == clip.read_bytes()
    assert [n for numbers in world.signed for n in numbers] == list(range(1, 7))


def test_an_upload_that_the_store_no_longer_knows_is_forgotten(
    client: Framemill, world: StandIn, clip: Path, home: Path
) -> None:
    world.faults = {2: ["404"]}
    with pytest.raises(UploadFailed, match="NoSuchUpload"):
        client.upload(clip)
    assert not list((home / "uploads").iterdir())


def test_held_parts_of_another_size_are_sent_again(
    client: Framemill, world: StandIn, clip: Path
) -> None:
    world.faults = {6: ["403"] * 3}
    with pytest.raises(UploadFailed):
        client.upload(clip)
    [upload] = world.uploads.values()
    upload.parts[2] = b"short"
    video = client.upload(clip)
    assert world.objects[video.id] == clip.read_bytes()


def test_another_account_does_not_resume_the_upload(
    client: Framemill, world: StandIn, clip: Path
) -> None:
    world.faults = {6: ["403"] * 3}
    with pytest.raises(UploadFailed):
        client.upload(clip)
    client.login("other@example.org", "correct horse battery")
    client.upload(clip)
    assert world.calls.count("POST /v1/uploads") == 2


@pytest.mark.parametrize("end", ["changed", "aborted", "expired", "gone"])
def test_what_cannot_be_resumed_is_begun_anew(
    client: Framemill, world: StandIn, clip: Path, end: str
) -> None:
    world.faults = {6: ["403"] * 3}
    with pytest.raises(UploadFailed):
        client.upload(clip)
    if end == "changed":
        clip.write_bytes(clip.read_bytes()[::-1])
        os.utime(clip, ns=(1, 1))
    elif end == "gone":
        world.uploads.clear()
    else:
        next(iter(world.uploads.values())).state = end
    video = client.upload(clip)
    assert world.calls.count("POST /v1/uploads") == 2
    assert world.objects[video.id] == clip.read_bytes()


def test_an_upload_that_was_completed_before_is_not_sent_again(
    client: Framemill, world: StandIn, clip: Path
) -> None:
    world.call_faults = [("/complete", "422")]
    with pytest.raises(Exception, match=r"No\."):
        client.upload(clip)
    [upload] = world.uploads.values()
    upload.state = "completed"
    world.objects[upload.video_id] = b""
    begun: list[Begun] = []
    video = client.upload(clip, on_begin=begun.append)
    assert begun[0].video == video
    assert world.part_puts.total() == 6
    client.upload(clip)
    assert world.calls.count("POST /v1/uploads") == 2, "the next time is a new upload"


def test_completing_is_repeated_when_its_answer_is_lost(
    client: Framemill, world: StandIn, clip: Path
) -> None:
    world.call_faults = [("/complete", "reset"), ("/complete", "503"), ("/parts", "429")]
    video = client.upload(clip)
    assert world.objects[video.id] == clip.read_bytes()


def test_beginning_is_repeated_under_the_same_key(
    client: Framemill, world: StandIn, clip: Path
) -> None:
    world.call_faults = [("/v1/uploads$", "reset")]
    client.upload(clip)
    assert world.calls.count("POST /v1/uploads") == 2
    assert world.keys[0] is not None
    assert world.keys[0] == world.keys[1]


@pytest.mark.parametrize("change", ["content", "shorter"])
def test_a_file_that_changes_meanwhile_is_not_completed(
    client: Framemill, world: StandIn, clip: Path, home: Path, change: str
) -> None:
    def touch(number: int) -> None:
        if number == 1:
            with clip.open("r+b") as file:
                if change == "shorter":
                    file.truncate(MIB)
                else:
                    file.write(b"something else")
            os.utime(clip, ns=(7, 7))

    world.on_part = touch
    with pytest.raises(FileChanged):
        client.upload(clip, connections=1)
    assert not world.objects
    assert next(iter(world.uploads.values())).state == "aborted"
    assert not list((home / "uploads").iterdir())


def test_an_upload_that_the_server_ended_says_to_begin_again(
    client: Framemill, world: StandIn, clip: Path, home: Path
) -> None:
    world.on_part = lambda number: setattr(next(iter(world.uploads.values())), "state", "expired")
    with pytest.raises(UploadFailed, match="expired"):
        client.upload(clip)
    assert not list((home / "uploads").iterdir())


def test_the_upload_is_remembered_before_its_first_byte(
    client: Framemill, world: StandIn, clip: Path, home: Path
) -> None:
    found: list[int] = []
    world.on_part = lambda number: found.append(len(list((home / "uploads").glob("*.json"))))
    client.upload(clip)
    assert set(found) == {1}


def test_a_missing_file_and_a_directory_are_said_plainly(client: Framemill, tmp_path: Path) -> None:
    with pytest.raises(UploadFailed, match="No such file"):
        client.upload(tmp_path / "nothing.mp4")
    with pytest.raises(UploadFailed, match="is not a file"):
        client.upload(tmp_path)
