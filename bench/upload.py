"""Our upload client next to the AWS command line, both sending the same file to the same store.

`upload_vs_aws_cli`: bytes a second of `framemill upload --no-wait` over those of `aws s3 cp`, both
as whole processes from start to exit, ours with the calls of our API before and after the parts.
The emulator is what limits both, so they take turns, every run has a new key, and what a run has
stored is deleted before the next. No worker runs. `…_without_start` leaves out what each of them
takes for a file of one byte.

Over plain HTTP the AWS command line hashes every body for its signature, which over HTTPS it would
not; `upload_vs_aws_cli_unsigned` compares with `payload_signing_enabled = false`, which is the
stricter comparison. Everything else is the AWS command line's default.
"""

import contextlib
import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from bench.command import run, upload_command
from bench.errors import MeasureError
from bench.measure import Measured, Options, median_ratio
from bench.world import World, world

_PAIRS = 3
_SIZE, _QUICK_SIZE = 512 * 1024**2, 64 * 1024**2
_PARTS = ("postgres", "valkey", "emulator", "api")
_EMPTY_WITHIN_S = 60.0


def measure(options: Options) -> Measured:
    """Make the measure."""
    size = _QUICK_SIZE if options.quick else _SIZE
    with world(_PARTS) as held:
        ways: dict[str, Callable[[Path], None]] = {
            "framemill": lambda file: _ours(held, file),
            "aws": lambda file: _aws(held, file, ""),
            "aws_unsigned": lambda file: _aws(held, file, "payload_signing_enabled = false"),
        }
        times = _in_turn(held, ways, _random_file(held, "large.mp4", size), options)
        starts = _in_turn(held, ways, _random_file(held, "small.mp4", 1), options)
    net = {
        way: [each - statistics.median(starts[way]) for each in values]
        for way, values in times.items()
    }
    figures = {
        "upload_vs_aws_cli": median_ratio(times["aws"], times["framemill"]),
        "upload_vs_aws_cli_without_start": median_ratio(net["aws"], net["framemill"]),
        "upload_vs_aws_cli_unsigned": median_ratio(times["aws_unsigned"], times["framemill"]),
        "upload_vs_aws_cli_unsigned_without_start": median_ratio(
            net["aws_unsigned"], net["framemill"]
        ),
    }
    for way, values in times.items():
        figures[f"upload_{way}_mb_per_s"] = size / 1e6 / statistics.median(values)
    return Measured(figures, {"bytes": size, "seconds": times, "one_byte_seconds": starts})


def _in_turn(
    held: World, ways: dict[str, Callable[[Path], None]], file: Path, options: Options
) -> dict[str, list[float]]:
    """Return the seconds of each way; every other round goes backwards."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(1 if options.quick else _PAIRS):
        order = list(ways) if number % 2 == 0 else list(reversed(ways))
        for way in order:
            begun = time.perf_counter()
            ways[way](file)
            times[way].append(time.perf_counter() - begun)
            _empty(held)
    return times


def _ours(held: World, file: Path) -> None:
    videos = json.loads(run(held, [sys.executable, "-m", "client", *upload_command(file)]))
    if videos[0]["state"] != "queued":
        raise MeasureError(f"The uploaded video is {videos[0]['state']}.")


def _aws(held: World, file: Path, setting: str) -> None:
    env = held.stack.environment
    # A file of its own, so that no setting of the person who measures counts.
    config = held.folder / "aws.ini"
    config.write_text(f"[default]\ns3 =\n  {setting}\n" if setting else "[default]\n")
    credentials = {name: env[name] for name in env if name.startswith("AWS_")}
    program = Path(sys.executable).with_name("aws")
    target = f"s3://{held.bucket}/aws/{uuid.uuid4()}.mp4"
    run(
        held,
        # Its progress line would cost it time.
        [sys.executable, str(program), "s3", "cp", "--only-show-errors", str(file), target],
        credentials | {"AWS_CONFIG_FILE": str(config), "AWS_EC2_METADATA_DISABLED": "true"},
    )


def _random_file(held: World, name: str, size: int) -> Path:
    path = held.folder / name
    with path.open("wb") as file:
        for start in range(0, size, 2**24):
            file.write(os.urandom(min(2**24, size - start)))
    return path


def _empty(held: World) -> None:
    """Delete what is stored and wait until it is gone: a fuller store may be a slower one."""
    store, deadline = held.s3(), time.monotonic() + _EMPTY_WITHIN_S
    for video in list(held.client.videos()):
        held.client.delete(video.id)
    while found := store.list_objects_v2(Bucket=held.bucket).get("Contents", []):
        for item in found:
            with contextlib.suppress(store.exceptions.NoSuchKey):
                store.delete_object(Bucket=held.bucket, Key=item["Key"])
        if time.monotonic() > deadline:
            raise MeasureError("The store does not become empty between two uploads.")
