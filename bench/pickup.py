"""How soon an idle worker begins.

Short clips go one after the other to a worker that waits in a long poll of the queue. Measured is
from the answer to the request that completes the upload, on the client's clock, to the worker's own
log line just before it starts FFmpeg: dispatch, the queue, the claim, fetching and inspecting are
all inside. Client and worker share this machine's clock. `pickup_sent_*` counts from sending that
request instead, so that the store's work of putting the parts together is inside too. A random
pause before each clip keeps the measure out of step with whatever ticks inside the queue.
"""

import random
import time

from bench.film import clip
from bench.measure import Measured, Options, percentile
from bench.world import world

_CLIPS = 20
_PAUSE_S = (0.3, 1.3)


def measure(options: Options) -> Measured:
    """Make the measure."""
    since_answer: list[float] = []
    since_asked: list[float] = []
    with world() as held:
        file = clip(held.folder / "clip.mp4", size="320x240", seconds=1)
        # The first video pays for connections that later ones find open.
        held.transcoded(file)
        for _ in range(3 if options.quick else _CLIPS):
            time.sleep(random.uniform(*_PAUSE_S))
            run = held.transcoded(file)
            started = held.log_time("ffmpeg_started", run.video.id)
            since_answer.append(started - run.answered)
            since_asked.append(started - run.asked)
    figures = {
        "pickup_p50_s": percentile(since_answer, 50),
        "pickup_p95_s": percentile(since_answer, 95),
        "pickup_sent_p50_s": percentile(since_asked, 50),
        "pickup_sent_p95_s": percentile(since_asked, 95),
    }
    return Measured(figures, {"since_answer_s": since_answer, "since_sent_s": since_asked})
