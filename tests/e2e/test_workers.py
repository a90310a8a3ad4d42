"""Workers come and go; each video is made ready exactly once."""

import asyncio
import os
import signal
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import boto3
import pytest

from client import Framemill
from client.models import Video
from embedded.stack import Stack
from tests.support.lanes import InTime, Rounds
from tests.support.product import Clips, Workers, jobs_of, messages_in, until_final
from tests.support.waiting import PATIENCE_S, wait_for

Somebody = Callable[[Stack], Framemill]

_BUCKET = "framemill"


@pytest.fixture(scope="module")
def short(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.short(tmp_path_factory.mktemp("short") / "short.mp4", seconds=1)


@pytest.fixture(scope="module")
def long(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Takes long enough to be interrupted."""
    folder = tmp_path_factory.mktemp("long")
    return clips.short(folder / "long.mp4", seconds=6, size="1280x720")


def encoding(framemill: Framemill, video: Video) -> bool:
    seen = framemill.video(video.id)
    return seen.stage == "encoding" and seen.progress > 10


def attempts(framemill: Framemill, video: Video) -> int:
    jobs = jobs_of(framemill, video)
    assert len(jobs) == 1
    return int(jobs[0]["attempts"])


def test_two_workers_make_many_videos_ready_once_each(
    unmanned: Stack, workers: Workers, somebody: Somebody, short: Path, tmp_path: Path,
    rounds: Rounds,
) -> None:  # fmt: skip
    framemill = somebody(unmanned)
    many = rounds(test=8, rest=20, prove=20)
    copies = [tmp_path / f"{number}.mp4" for number in range(many)]
    for copy in copies:
        copy.write_bytes(short.read_bytes())
    with ThreadPoolExecutor(5) as pool:
        videos = list(pool.map(framemill.upload, copies))
    workers.start()
    workers.start()
    for video in videos:
        ended = until_final(framemill, video)
        assert (ended.state, len(ended.renditions)) == ("ready", 1)
    wait_for(lambda: len(workers.events("succeeded")) >= many)  # logged after the commit
    succeeded = [entry["video_id"] for entry in workers.events("succeeded")]
    assert sorted(succeeded) == sorted(video.id for video in videos)
    assert [attempts(framemill, video) for video in videos] == [1] * many
    claimed = [entry["task_id"] for entry in workers.events("claimed")]
    assert len(claimed) == len({*claimed}), "a task was claimed twice"


@pytest.mark.thorough("make test has it as invariant I4")
def test_another_worker_finishes_what_a_killed_one_began(
    unmanned: Stack, workers: Workers, somebody: Somebody, long: Path
) -> None:
    framemill = somebody(unmanned)
    video = framemill.upload(long)
    first = workers.start()
    wait_for(lambda: encoding(framemill, video))
    encoder = _ffmpeg_of(first.pid)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    wait_for(lambda: not Path(f"/proc/{encoder}").exists())
    workers.start()
    ended = until_final(framemill, video)
    assert ended.state == "ready"
    assert attempts(framemill, video) == 2


@pytest.fixture(scope="module")
def noise(clips: Clips, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some 40 MB that no encoder makes small."""
    return clips.make(
        tmp_path_factory.mktemp("noise") / "noise.mp4",
        *("-f", "lavfi", "-i", "testsrc2=s=960x540:r=25:d=8,noise=alls=25:allf=t"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "18", "-pix_fmt", "yuv420p"),
    )


_COARSE = """
preset = "ultrafast"
[[rung]]
short_side = 480
crf = 8
max_bitrate = 100_000_000
"""


def test_nothing_is_left_of_what_a_killed_worker_was_sending(
    unmanned: Stack, workers: Workers, somebody: Somebody, noise: Path, tmp_path: Path
) -> None:
    """Its outputs are in the store in part, and nobody has named them yet."""
    (tmp_path / "ladder.toml").write_text(_COARSE)
    framemill, s3 = somebody(unmanned), _s3(unmanned)
    video = framemill.upload(noise)
    first = workers.start(LADDER_FILE=str(tmp_path / "ladder.toml"))
    wait_for(lambda: _open_uploads(s3, video.id))
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    left = _open_uploads(s3, video.id)
    assert left
    workers.start(LADDER_FILE=str(tmp_path / "ladder.toml"))
    ended = until_final(framemill, video)
    assert (ended.state, attempts(framemill, video)) == ("ready", 2)
    # It stays for as long as the first might still be writing.
    assert _open_uploads(s3, video.id) == left
    asyncio.run(_purge_at_once(unmanned))
    wait_for(lambda: not _open_uploads(s3, video.id))
    assert framemill.video(video.id).renditions[0].size > 24 * 1024**2, "it was sent in parts"


async def _purge_at_once(stack: Stack) -> None:
    connection = await asyncpg.connect(stack.environment["DATABASE_URL"])
    await connection.execute("UPDATE purges SET not_before = now()")
    await connection.close()


def _open_uploads(s3: Any, video_id: str) -> list[dict[str, Any]]:
    found = s3.list_multipart_uploads(Bucket=_BUCKET, Prefix=f"videos/{video_id}/")
    return [{"Key": item["Key"], "UploadId": item["UploadId"]} for item in found.get("Uploads", ())]


def _s3(stack: Stack) -> Any:
    environment = stack.environment
    return boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def _ffmpeg_of(parent: int) -> int:
    for status in Path("/proc").glob("[0-9]*/stat"):
        number, _, rest = status.read_text().partition(" (")
        name, _, fields = rest.rpartition(") ")
        if int(fields.split()[1]) == parent and "ffmpeg" in name:
            return int(number)
    raise AssertionError("the worker runs no FFmpeg")


@pytest.mark.thorough("make test has it as invariant I6")
def test_a_stopping_worker_gives_its_task_back_uncharged(
    unmanned: Stack, workers: Workers, somebody: Somebody, long: Path
) -> None:
    framemill = somebody(unmanned)
    video = framemill.upload(long)
    first = workers.start()
    wait_for(lambda: encoding(framemill, video))
    first.terminate()
    assert first.wait(PATIENCE_S) == 0
    assert framemill.video(video.id).state == "queued"
    reached = framemill.video(video.id).progress
    workers.start()
    wait_for(lambda: framemill.video(video.id).state == "processing")
    assert framemill.video(video.id).progress >= reached
    assert until_final(framemill, video).state == "ready"
    assert attempts(framemill, video) == 1


def test_a_cancelled_video_stops_within_two_seconds(
    unmanned: Stack, workers: Workers, somebody: Somebody, long: Path, in_time: InTime
) -> None:
    framemill = somebody(unmanned)
    video = framemill.upload(long)
    worker = workers.start()
    wait_for(lambda: encoding(framemill, video))
    encoder = _ffmpeg_of(worker.pid)
    began = time.monotonic()
    assert framemill.cancel(video.id).state == "cancelled"
    wait_for(lambda: not Path(f"/proc/{encoder}").exists())
    in_time("a cancelled film stops", time.monotonic() - began, 2)
    assert framemill.video(video.id).state == "cancelled"
    assert framemill.retry(video.id).state in {"queued", "processing"}  # the worker is quick
    assert until_final(framemill, video).state == "ready"


@pytest.mark.thorough("make test has it as invariant I3")
def test_a_message_delivered_again_has_no_effect(
    unmanned: Stack, workers: Workers, somebody: Somebody, short: Path
) -> None:
    framemill = somebody(unmanned)
    video = framemill.upload(short)
    environment = unmanned.environment
    sqs = boto3.client(
        "sqs",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    url = sqs.get_queue_url(QueueName=environment.get("SQS_QUEUE", "framemill-tasks"))["QueueUrl"]
    message = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"][0]
    for _ in range(3):  # while it waits
        sqs.send_message(QueueUrl=url, MessageBody=message["Body"])
    workers.start()
    workers.start()
    ready = until_final(framemill, video)
    for _ in range(3):  # and after it is ready
        sqs.send_message(QueueUrl=url, MessageBody=message["Body"])
    wait_for(lambda: messages_in(sqs, url) == 0)
    assert framemill.video(video.id).version == ready.version
    claimed = [e["kind"] for e in workers.events("claimed") if e["video_id"] == video.id]
    assert claimed == ["inspect", "encode"]
    assert attempts(framemill, video) == 1


@pytest.mark.thorough("make test has it as invariant I1")
def test_an_upload_that_s3_completed_unheard_is_found(
    unmanned: Stack, workers: Workers, somebody: Somebody, short: Path
) -> None:
    """The tab was closed between S3's answer and our call."""
    framemill = somebody(unmanned)
    upload = framemill.api.create_upload(short.name, short.stat().st_size)
    signed = framemill.api.sign_parts(upload.id, [1])
    _put(signed[0].url, short.read_bytes())
    assert framemill.video(upload.video_id).state == "uploading"
    _complete_in_s3(unmanned, upload.video_id)
    workers.start()
    wait_for(lambda: framemill.video(upload.video_id).state == "ready")


def _put(url: str, body: bytes) -> None:
    with urllib.request.urlopen(
        urllib.request.Request(url, body, {"Content-Length": str(len(body))}, method="PUT"),
        timeout=PATIENCE_S,
    ) as answer:
        assert answer.status == 200


def _complete_in_s3(stack: Stack, video_id: str) -> None:
    s3 = _s3(stack)
    [found] = _open_uploads(s3, video_id)
    named = {"Bucket": _BUCKET, **found}
    parts = s3.list_parts(**named)["Parts"]
    s3.complete_multipart_upload(
        **named,
        MultipartUpload={
            "Parts": [{"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in parts]
        },
    )
