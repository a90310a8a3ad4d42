"""Whether the time of a refused login tells if there is an account.

`login_time_ratio`: the median time of a refusal for an address that has an account over that for
one that has none, asked in turn over HTTP in one run; 1 tells nothing. Half of the rounds ask the
one first and half the other, so that what the first leaves warm favours neither.
"""

import statistics
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import httpx

from bench.errors import MeasureError
from bench.measure import Measured, Options
from embedded.stack import BACKING, Stack

_ROUNDS, _QUICK_ROUNDS = 100, 10
_PASSWORD, _WRONG = "a-long-walk-in-the-rain", "not-the-password"


def measure(options: Options) -> Measured:
    """Make the measure."""
    rounds = _QUICK_ROUNDS if options.quick else _ROUNDS
    seconds: dict[str, list[float]] = {"known": [], "unknown": []}
    unlimited = {f"RATE_LIMIT_{name}": "1000000" for name in ("ADDRESS", "ACCOUNT", "PAIR")}
    with (
        tempfile.TemporaryDirectory(prefix="framemill-bench-") as folder,
        Stack(Path(folder, "stack"), BACKING | {"api"}, extra=unlimited) as stack,
        httpx.Client(
            base_url=f"http://127.0.0.1:{stack.port}", trust_env=False, timeout=30
        ) as http,
    ):
        known = _address()
        made = http.post("/v1/auth/register", json={"email": known, "password": _PASSWORD})
        if made.status_code != httpx.codes.CREATED:
            raise MeasureError(f"The account was not made: {made.text}")
        for each in range(rounds):
            pair = [("known", known), ("unknown", _address())]
            for kind, email in pair if each % 2 else reversed(pair):
                seconds[kind].append(_refused(http, email))
    medians = {kind: statistics.median(values) for kind, values in seconds.items()}
    figures = {
        "login_time_ratio": medians["known"] / medians["unknown"],
        "login_refused_s": medians["unknown"],
    }
    samples: dict[str, Any] = dict(seconds)
    return Measured(figures, samples)


def _address() -> str:
    return f"{uuid.uuid4().hex}@example.com"


def _refused(http: httpx.Client, email: str) -> float:
    begun = time.perf_counter()
    answer = http.post("/v1/auth/login", json={"email": email, "password": _WRONG})
    spent = time.perf_counter() - begun
    if answer.status_code != httpx.codes.UNAUTHORIZED:
        raise MeasureError(f"A login was answered {answer.status_code}: {answer.text}")
    return spent
