"""How many requests one API process answers, next to an empty FastAPI route.

`api_rate_ratio`: GET of a ready video with two renditions and a poster; `sign_rate_ratio`: signing
the URL of one part (`sign4_rate_ratio`: of four). Each over the rate of an empty route without
authentication, in a process of its own with the same uvicorn settings, in the same round; the
median over the rounds. The requests go to several videos and to ever other parts, so that no
answer can be kept from the one before. Load comes from 32 connections of `bench/load.py`.

Each of the two servers has the first core to itself while it is asked; Postgres, Valkey and the
generator, which need processor time too, share the others, so that what is measured is one process
of the API and not how the kernel places its neighbours. `…_cpu_us` is the processor time of the
server for a request, `…_cpu_ratio` that of the empty route over it, and `…_server_busy` how much
of its core the server had.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

import psutil

from bench import empty
from bench.errors import MeasureError
from bench.film import clip
from bench.load import Load, Outcome
from bench.measure import Measured, Options, median_ratio
from bench.world import World, world
from embedded.emulator import ROOT

_ROUNDS = 3
_CONNECTIONS = 32
_WARM_S, _COUNTED_S = 1.0, 5.0
_VIDEOS = 8
_PARTS = 1000
_DECLARED = _PARTS * 8 * 1024**2  # bytes of a file that is never sent
_BUSY = 0.9


def measure(options: Options) -> Measured:
    """Make the measure."""
    counted = 1.0 if options.quick else _COUNTED_S
    found: dict[str, list[dict[str, float]]] = {}
    with world() as held, _empty_server() as (server, port):
        api = psutil.Process(held.stack.supervisor.pids["api"])
        requests = _requests(held)
        with _apart([api, server]):
            for _ in range(1 if options.quick else _ROUNDS):
                for name, texts in requests.items():
                    here = (server, port) if name == "empty" else (api, held.stack.port)
                    load = Load(here[1], texts, _CONNECTIONS, _WARM_S, counted)
                    found.setdefault(name, []).append(_run(here[0], load, name))
    rates = {name: [each["rate"] for each in rounds] for name, rounds in found.items()}
    figures = {
        f"{name}_rate_ratio": median_ratio(rates[name], rates["empty"])
        for name in ("api", "sign", "sign4")
    }
    for name in ("api", "sign", "sign4"):
        pairs = ((each["cpu_us"] for each in found[side]) for side in ("empty", name))
        figures[f"{name}_cpu_ratio"] = median_ratio(*pairs)
    for name, rounds in found.items():
        for key in ("rate", "p50_ms", "p99_ms", "cpu_us", "server_busy"):
            figures[f"{name}_{key}"] = statistics.median(each[key] for each in rounds)
    busiest = max(each["busy"] for rounds in found.values() for each in rounds)
    note = f"the load generator was busy for {busiest:.0%} of the time; it may be the limit"
    return Measured(figures, found, [note] if busiest > _BUSY else [])


@contextmanager
def _apart(servers: list[psutil.Process]) -> Iterator[None]:
    """Keep the servers on the first core, and this process and all its children off it."""
    own = psutil.Process()
    first, *others = cores = sorted(own.cpu_affinity() or [0])
    if not others:
        yield
        return
    for process in [own, *own.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            process.cpu_affinity([first] if process in servers else others)
    try:
        yield
    finally:
        own.cpu_affinity(cores)  # what is started later shall have them all again


def _run(process: psutil.Process, load: Load, name: str) -> dict[str, float]:
    before = process.cpu_times()
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(load)), cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    after = process.cpu_times()
    outcome = Outcome(**json.loads(done.stdout))
    if outcome.refused or not outcome.answered:
        raise MeasureError(
            f"{outcome.refused} of {outcome.answered} requests of {name!r} were refused."
        )
    spent = after.user + after.system - before.user - before.system
    per_request = spent / outcome.answered
    busy = per_request * outcome.rate
    return {**asdict(outcome), "cpu_us": per_request * 1e6, "server_busy": busy}


def _requests(held: World) -> dict[str, list[str]]:
    """Return the requests of each kind; the order is that within a round."""
    file = clip(held.folder / "clip.mp4", size="1280x720", seconds=1)
    videos = [held.transcoded(file).video for _ in range(_VIDEOS)]
    for video in videos:
        if len(video.renditions) != 2 or video.poster_url is None:
            raise MeasureError("The videos to ask for have not two renditions and a poster.")
    upload = held.api.create_upload("declared.mp4", _DECLARED)
    if upload.part_count < _PARTS:
        raise MeasureError(f"The upload to sign for has only {upload.part_count} parts.")
    token = held.api.caller.session().access_token
    sign = f"/v1/uploads/{upload.id}/parts"
    numbers = range(1, _PARTS + 1)
    return {
        "empty": [_http("GET", empty.PATH)],
        "api": [_http("GET", f"/v1/videos/{video.id}", token) for video in videos],
        "sign": [_http("POST", sign, token, {"part_numbers": [each]}) for each in numbers],
        "sign4": [
            _http("POST", sign, token, {"part_numbers": list(range(each, each + 4))})
            for each in numbers[:-3]
        ],
    }


def _http(method: str, path: str, token: str = "", body: Any = None) -> str:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Accept: application/json"]
    payload = "" if body is None else json.dumps(body)
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if payload:
        lines += ["Content-Type: application/json", f"Content-Length: {len(payload)}"]
    return "\r\n".join([*lines, "", payload])


@contextmanager
def _empty_server() -> Iterator[tuple[psutil.Process, int]]:
    """Run the empty route; give its process and port."""
    argv = [sys.executable, "-m", "bench.empty"]
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # a pipe was asked for
            line = process.stdout.readline().strip()
            if not line:
                raise MeasureError("The empty route did not start.")
            yield psutil.Process(process.pid), int(line)
        finally:
            process.terminate()
