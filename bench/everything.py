"""What a film costs with everything on, over FFmpeg alone that makes the same sizes.

`everything_ratio`: the time from the request that completes the upload until a client that follows
the events is told `ready`, with the default ladder, over the wall time of one FFmpeg that is run by
hand on local files and makes an MP4 of each of its sizes, with the same settings of the encoders.
The source is not packaged. So segments for streaming, stills, checks and every transfer count as
ours. Both take turns, so that a slower minute of the machine meets both.
"""

import statistics
from dataclasses import replace

from bench import joblog
from bench.byhand import prepare
from bench.measure import Measured, Options, median_ratio
from bench.pipeline import parts_of
from bench.world import world
from workers.media.ladder import DEFAULT_LADDER

_PAIRS = 5
_FILES = replace(
    DEFAULT_LADDER,
    rungs=tuple(replace(rung, mp4=True) for rung in DEFAULT_LADDER.rungs),
    streamed=False,
    storyboard=False,
)


def measure(options: Options) -> Measured:
    """Make the measure."""
    ours: list[float] = []
    hand: list[float] = []
    parts: list[dict[str, float]] = []
    with world(ladder=replace(DEFAULT_LADDER, packaged=False)) as held:
        by_hand = prepare(held, options.film, _FILES)
        for _ in range(1 if options.quick else _PAIRS):
            run = held.transcoded(options.film)
            parts.append(parts_of(held, run, joblog.fetch(held.api, run.video.id)))
            ours.append(run.seconds)
            hand.append(by_hand.run())
    figures = {"everything_ratio": median_ratio(ours, hand)}
    for part in parts[0]:
        figures[f"everything_{part}_s"] = statistics.median(each[part] for each in parts)
    figures["everything_by_hand_s"] = statistics.median(hand)
    samples = {"complete_to_ready_s": ours, "by_hand_s": hand, "parts_s": parts}
    return Measured(figures, samples)
