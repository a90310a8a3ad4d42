"""Ours next to the usual way to transcode a file in S3.

The usual way: `download_file` of boto3, then one `ffmpeg -i in -vf scale=-2:720 -c:v libx264
-c:a aac out` for each rendition, all at once, then `upload_file` of each. Ours: from the request
that completes the upload until `ready` is seen, by a client of the API.

`usual_ratio_same_preset` gives the usual way our preset; `usual_ratio_defaults` leaves it FFmpeg's
own (medium). Both sides have the same source, store, FFmpeg and sizes, and take turns. Time alone
would reward a careless encoder, so size, bit rate and likeness (bench/quality.py) of every
rendition stand beside: `usual_size_*` is our bytes over theirs, `usual_likeness_*` our score minus
theirs, each over all renditions.
"""

import asyncio
import statistics
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import quality
from bench.byhand import ByHand, prepare
from bench.errors import MeasureError
from bench.measure import Measured, Options, median_ratio
from bench.world import World, world
from workers.ffmpeg.capabilities import parse_names
from workers.ffmpeg.probe import probe
from workers.media.ladder import MISSION_LADDER
from workers.media.planned import PlannedRendition

_PAIRS = 3
_SOURCE = "usual/source"
_WAYS = ("same_preset", "defaults")


def measure(options: Options) -> Measured:
    """Make the measure."""
    times: dict[str, list[float]] = {name: [] for name in ("ours", *_WAYS)}
    with world(ladder=replace(MISSION_LADDER, packaged=False)) as held:
        by_hand = prepare(held, options.film)
        held.s3().upload_file(str(options.film), held.bucket, _SOURCE)
        for _ in range(1 if options.quick else _PAIRS):
            run = held.transcoded(options.film)
            times["ours"].append(run.seconds)
            for way in _WAYS:
                times[way].append(_usual_way(held, by_hand, way))
        ours = held.folder / "ours"
        ours.mkdir()
        for rendition in by_hand.plan.renditions:
            held.client.download(run.video.id, rendition.name, ours / rendition.file_name)
        every = 12 if options.quick else 1
        made = {
            way: [
                _judge(held, by_hand, each, held.folder / way, every)
                for each in by_hand.plan.renditions
            ]
            for way in times
        }
    figures = {f"usual_ratio_{way}": median_ratio(times["ours"], times[way]) for way in _WAYS}
    for way in _WAYS:
        figures |= _compared(way, made["ours"], made[way])
    figures |= {f"usual_{way}_s": statistics.median(values) for way, values in times.items()}
    return Measured(figures, {"seconds": times, "renditions": made})


def _usual_way(held: World, by_hand: ByHand, way: str) -> float:
    place = held.folder / way
    place.mkdir(exist_ok=True)
    store, bucket, source = held.s3(), held.bucket, place / "source.mp4"
    preset = ["-preset", by_hand.plan.preset] if way == "same_preset" else []
    begun = time.perf_counter()
    store.download_file(bucket, _SOURCE, str(source))
    running = [
        subprocess.Popen(_command(by_hand.argv[0], source, place, each, preset))
        for each in by_hand.plan.renditions
    ]
    statuses = [process.wait() for process in running]
    if any(statuses):
        raise MeasureError(f"The usual way's FFmpeg ended with status {max(map(abs, statuses))}.")
    for each in by_hand.plan.renditions:
        store.upload_file(str(place / each.file_name), bucket, f"usual/{way}/{each.file_name}")
    return time.perf_counter() - begun


def _command(
    ffmpeg: str, source: Path, place: Path, rendition: PlannedRendition, preset: list[str]
) -> list[str]:
    return [
        ffmpeg, "-nostdin", "-v", "error", "-y", "-i", str(source),
        "-vf", f"scale=-2:{rendition.height}", "-c:v", "libx264", *preset, "-c:a", "aac",
        str(place / rendition.file_name),
    ]  # fmt: skip


def _judge(
    held: World, by_hand: ByHand, rendition: PlannedRendition, folder: Path, every: int
) -> dict[str, Any]:
    """Return size, bit rate and likeness of a rendition."""
    file, decided = folder / rendition.file_name, by_hand.plan
    env = held.stack.environment
    info = asyncio.run(probe(env["FFPROBE_PATH"], f"./{file.name}", cwd=folder))
    size = file.stat().st_size
    bits = size * 8 / (info.duration or 1.0)
    facts: dict[str, Any] = {"name": rendition.name, "size": size, "bitrate": round(bits)}
    frames = info.video.frame_count if info.video else None
    # Another number of frames cannot be compared one by one, nor can another range of light.
    if frames != decided.frame_count or decided.tone_map or decided.deinterlace:
        return {**facts, "frames": frames}
    asked = [env["FFMPEG_PATH"], "-hide_banner", "-filters"]
    listing = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    has_vmaf = "libvmaf" in parse_names(listing)
    width, height = (int(side) // 2 * 2 for side in decided.video.display_size)
    source = by_hand.place / "input"
    return facts | quality.score(
        env["FFMPEG_PATH"], has_vmaf, file, source, decided.frame_rate, (width, height), every=every
    )


def _compared(
    way: str, ours: list[dict[str, Any]], theirs: list[dict[str, Any]]
) -> dict[str, float]:
    sizes = [sum(each["size"] for each in side) for side in (ours, theirs)]
    figures = {f"usual_size_{way}": sizes[0] / sizes[1]}
    pairs = [
        (a["value"], b["value"])
        for a, b in zip(ours, theirs, strict=True)
        if "value" in a and "value" in b
    ]
    if pairs:
        figures[f"usual_likeness_{way}"] = statistics.fmean(a - b for a, b in pairs)
    return figures
