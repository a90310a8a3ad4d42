"""I2: ready means that every rendition is readable, whole and playable."""

import random
import re
import subprocess
import uuid
from pathlib import Path

from embedded.ffmpeg import find_tools
from tests.faults.misbehaviour import Answer, Cut, Fault, Shorten
from tests.faults.proxy import Proxy
from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World
from tests.support.product import Clips

_SENDING = {"PutObject", "UploadPart"}
_SDK_TRIES = 4  # core/adapters/aws.py; so many reach the product itself
_LENGTH_S = 1.0  # of the film
_FRAME_S = 0.05


def _faults(rng: random.Random) -> list[tuple[Fault, int]]:
    """What befalls the first requests that store a rendition, and how many of them."""
    return [
        (Shorten(by=rng.choice((1, 1000))), 1),
        (Cut("request"), rng.choice((1, 2))),
        (Answer(500, "InternalError"), _SDK_TRIES),
        (Cut(), rng.choice((1, _SDK_TRIES))),
        (Answer(503, "SlowDown"), rng.choice((1, 2))),
    ]


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Have the store misbehave while renditions are sent, one film after the other."""
    await world.start_api()
    tally = Tally()
    with Proxy(world.stack.environment["AWS_ENDPOINT_URL"]) as proxy:
        worker = await world.start_worker(AWS_ENDPOINT_URL_S3=proxy.url)
        while tally.tried < tries:
            choices = _faults(rng)
            fault, times = choices[tally.tried % len(choices)]
            rule = proxy.set(fault, operations=_SENDING, path=".mp4", times=times)
            video_id = await world.upload(world.clips.quick)
            await world.ends(video_id)
            assert rule.hits == times, f"{fault} befell {rule.hits} requests, not {times}"
            assert worker.alive, "the worker has ended"
            tally.add(await world.faults(video_id) + await _unplayable(world, video_id))
    return tally.outcome()


async def _unplayable(world: World, video_id: uuid.UUID) -> list[str]:
    """Return which renditions do not play to their end."""
    tools = find_tools().environment
    clips = Clips(tools["FFMPEG_PATH"], tools["FFPROBE_PATH"])
    found = []
    for row in await world.outputs(video_id, "file"):
        path = world.directory / f"{uuid.uuid4().hex}.mp4"
        await _download(world, row.s3_key, path)
        played = _played_s(clips, path)
        if abs(played - _LENGTH_S) > _FRAME_S:
            found.append(f"{video_id}: {row.name} plays for {played} s, not {_LENGTH_S}")
    return found


def _played_s(clips: Clips, path: Path) -> float:
    """Return how long the picture plays, by decoding it; 0 when it cannot be."""
    done = subprocess.run(
        [clips.ffmpeg, "-nostdin", "-v", "error", "-xerror", "-i", str(path), "-map", "0:v",
         "-f", "null", "-progress", "pipe:1", "-"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    times = re.findall(r"^out_time_us=(\d+)$", done.stdout, re.MULTILINE)
    return int(times[-1]) / 1e6 if times and done.returncode == 0 else 0.0


async def _download(world: World, key: str, path: Path) -> None:
    answer = await world.s3.get_object(Bucket=world.bucket, Key=key)
    async with answer["Body"] as body:
        path.write_bytes(await body.read())


SCENARIO = Scenario(
    "I2",
    "ready means that every rendition is readable, whole and playable",
    full_count=50,
    small_count=3,
    run=run,
    protections=(
        Protection(
            "verify_sent", "nobody asks the store how much of a file it has", ("verify_sent",), 1
        ),
    ),
)
