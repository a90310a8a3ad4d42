"""Two hundred clients at once against one API process, and then far more than it can answer.

The crowd: 200 clients, each uploading one small film after another (each film like no other, 50 to
100 kB) the whole way: begin, sign, PUT to the store, complete. `crowd_uploads_per_s` counts whole
uploads; `crowd_…_p50_ms` and its like are of single calls as a client sees them, so they hold the
time that a call waits for 199 others; `crowd_failed` counts the calls that were not answered as
they should be, and `crowd_lost` acknowledged videos that are not in the library, queued.

The storm: 2,000 requests at the same moment, of three kinds, against the default MAX_REQUESTS.
`storm_hung` counts those that were answered neither 2xx nor 429 nor 503 within 30 seconds,
`storm_healthz_max_ms` is the slowest answer of /healthz meanwhile, and `storm_growth_mb` what a
third storm adds to the API's memory after two (what the first takes stays with the allocator).

No worker runs. The clients, the emulator, Postgres and Valkey share the machine with the API, so
the figures are of all of them together; `crowd_api_busy` and `crowd_store_busy` say how much of a
core the API and the emulator had.
"""

import asyncio
import resource
import secrets
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import psutil

from bench import clients
from bench.clients import Tally
from bench.errors import MeasureError
from bench.film import clip
from bench.measure import Measured, Options, percentile
from bench.world import World, world
from client import Framemill

_PARTS = ("postgres", "valkey", "emulator", "api")
_ACCOUNTS = 20
_CLIENTS, _FILMS = 200, 3
_STORM = 2000
_STORMS = 3
_CALLS = ("create", "sign", "put", "complete", "upload")
_WELL_WITHIN_S = 30.0


def measure(options: Options) -> Measured:
    """Make the measure."""
    _allow_descriptors()
    count, films = (40, 1) if options.quick else (_CLIENTS, _FILMS)
    with world(_PARTS) as held:
        api = psutil.Process(held.stack.supervisor.pids["api"])
        store = psutil.Process(held.stack.supervisor.pids["emulator"])
        tokens = _accounts(held)
        small = clip(held.folder / "clip.mp4", size="160x120", seconds=1).read_bytes()
        before = [_cpu(api), _cpu(store)]
        crowd, seconds = asyncio.run(
            clients.crowd(held.server, tokens, small, clients=count, films=films)
        )
        busy = [
            (_cpu(each) - was) / seconds for each, was in zip((api, store), before, strict=True)
        ]
        lost = _lost(held, tokens, crowd)
        storms, memory = _storms(held, api, crowd)
    figures = {
        "crowd_uploads_per_s": len(crowd.videos) / seconds,
        "crowd_failed": float(crowd.outside(200, 201, 202)),
        "crowd_lost": float(lost),
        **_times("crowd", crowd, _CALLS),
        "crowd_api_busy": busy[0],
        "crowd_store_busy": busy[1],
        "storm_answered": float(sum(_with(each, 200, 201) for each in storms)),
        "storm_refused": float(sum(_with(each, 429, 503) for each in storms)),
        "storm_hung": float(sum(each.outside(200, 201, 429, 503) for each in storms)),
        "storm_healthz_max_ms": max(max(each.seconds["healthz"]) for each in storms) * 1000,
        "storm_memory_mb": memory[-1] / 1e6,
        "storm_growth_mb": (memory[-1] - memory[-2]) / 1e6,
    }
    samples = {
        "crowd": {"seconds": seconds, "clients": count, "answers": dict(crowd.answers)},
        "storms": [dict(each.answers) for each in storms],
        "memory_bytes": memory,
    }
    return Measured(figures, samples)


def _times(prefix: str, tally: Tally, kinds: Sequence[str]) -> dict[str, float]:
    return {
        f"{prefix}_{kind}_p{percent}_ms": percentile(tally.seconds[kind], percent) * 1000
        for kind in kinds
        if tally.seconds[kind]
        for percent in (50, 95, 99)
    }


def _with(tally: Tally, *statuses: int) -> int:
    wanted = {str(status) for status in statuses}
    return sum(
        count
        for name, count in tally.answers.items()
        if name.rpartition(" ")[2] in wanted and not name.startswith("healthz")
    )


def _storms(held: World, api: psutil.Process, crowd: Tally) -> tuple[list[Tally], list[int]]:
    """Return what came back in each storm, and the API's memory in bytes before and after each."""
    if not crowd.videos:
        raise MeasureError(f"No upload succeeded: {dict(crowd.answers)}")
    memory, tallies = [api.memory_info().rss], []
    for _ in range(_STORMS):
        tallies.append(asyncio.run(clients.storm(held.server, crowd.videos, _STORM)))
        _until_well(held.stack.environment["SERVICE_PORT"])
        memory.append(api.memory_info().rss)
    return tallies, memory


def _until_well(service_port: str) -> None:
    ready = f"http://127.0.0.1:{service_port}/readyz"
    deadline = time.monotonic() + _WELL_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(ready, timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise MeasureError("The API is not ready again after the storm.")


def _lost(held: World, tokens: Sequence[str], crowd: Tally) -> int:
    """Return how many acknowledged videos are not there, queued."""
    there: dict[str, Any] = {}
    for token in tokens:
        there |= asyncio.run(clients.library(held.server, token))
    return sum(there.get(video_id) != "queued" for _, video_id in crowd.videos)


def _accounts(held: World) -> list[str]:
    """Return access tokens of new accounts; one for all would meet the limit of a user."""
    tokens = []
    for number in range(_ACCOUNTS):
        email, password = f"crowd-{number}@framemill.example", secrets.token_urlsafe(24)
        with Framemill(held.server, home=held.folder / f"home-{number}") as client:
            client.register(email, password)
            client.login(email, password)
            tokens.append(client.api.caller.session().access_token)
    return tokens


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _allow_descriptors() -> None:
    """Have as many connections as clients; some systems begin with 1,024 for a process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * _STORM:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * _STORM), hard))
