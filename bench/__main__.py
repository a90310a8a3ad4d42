"""`python -m bench`: make the measures, write the results, print the table."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bench import (
    bad_rows,
    counts,
    everything,
    login,
    memory,
    overload,
    pickup,
    pipeline,
    playable,
    rates,
    results,
    resume,
    sandbox,
    scratch,
    stills,
    upload,
    usual,
)
from bench.errors import MeasureError
from bench.film import default_film
from bench.measure import Measured, Options
from client import FramemillError
from embedded.errors import StackError
from workers.ffmpeg.probe import ProbeFailedError

MEASURES: dict[str, Callable[[Options], Measured]] = {
    "pipeline": pipeline.measure,
    "pipeline_large": pipeline.measure_large,
    "everything": everything.measure,
    "usual": usual.measure,
    "upload": upload.measure,
    "pickup": pickup.measure,
    "playable": playable.measure,
    "rates": rates.measure,
    "memory": memory.measure,
    "scratch": scratch.measure,
    "stills": stills.measure,
    "resume": resume.measure,
    "login": login.measure,
    "sandbox": sandbox.measure,
    "overload": overload.measure,
    "bad_rows": bad_rows.measure,
    "counts": counts.measure,
}
_LONGEST_S = 1800
_FAILURES = (
    MeasureError, StackError, FramemillError, ProbeFailedError, BotoCoreError, ClientError, OSError,
    subprocess.SubprocessError,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return the exit status."""
    chosen = _parser().parse_args(arguments)
    # A stop by signal unwinds like Ctrl-C, so that the stack is taken down and files are removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    # Everything is on the loopback address, which must not be looked for behind a proxy.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    if chosen.film is not None and not chosen.film.is_file():
        sys.stderr.write(f"bench: {chosen.film} is no file; give the path of a film.\n")
        return 1
    failed = False
    try:
        with tempfile.TemporaryDirectory(prefix="framemill-film-") as folder:
            film = chosen.film.absolute() if chosen.film else default_film(Path(folder))
            for name in chosen.only or MEASURES:
                failed |= not _make(name, Options(film, quick=chosen.quick))
        results.show(results.load())
    except _FAILURES as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("bench: stopped; the measures that were finished are kept.\n")
        return 130
    return int(failed)


def _make(name: str, options: Options) -> bool:
    print(f"{name} ...", flush=True)
    begun = time.monotonic()
    run: dict[str, Any] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": options.quick,
        # Anything else that keeps the machine busy shows here.
        "load_before": round(os.getloadavg()[0], 2),
    }
    try:
        with _at_most(_LONGEST_S):
            measured = MEASURES[name](options)
    except _FAILURES as error:
        sys.stderr.write(f"bench: {name} could not be made: {error}\n")
        return False
    run["seconds"] = round(time.monotonic() - begun, 1)
    results.save(results.merged(results.load(), name, measured, run))
    print(f"{name} done in {run['seconds']:.0f} s", flush=True)
    return True


@contextmanager
def _at_most(seconds: int) -> Iterator[None]:
    """Give a measure up that takes too long: one waits for ever where a part of the stack died."""

    def give_up(*_: object) -> None:
        raise MeasureError(f"it took longer than {seconds} seconds.")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Framemill.")
    parser.add_argument(
        "--only", metavar="NAME", action="append", choices=list(MEASURES),
        help=f"make this measure only; may be repeated: {', '.join(MEASURES)}",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="few repetitions, to see that it runs")
    parser.add_argument(
        "--film",
        metavar="PATH",
        type=Path,
        help="for `pipeline`, `everything`, `usual` and `sandbox`",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
