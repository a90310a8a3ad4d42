"""`python -m tests.prove`: show what is left to be shown; again goes on where it stopped."""

import argparse
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from infra import toolchain
from tests.prove import proofs
from tests.prove.state import Shown, left, load, save, seed_of, table
from tests.prove.version import version
from tests.support.product import PROJECT

_STATE = PROJECT / "bench" / "results" / "prove.json"
_INTERRUPTED = 130


def main() -> int:
    """Prove; the exit status is 1 while something is not shown."""
    names = proofs.names()
    wanted = _arguments(names)
    state, code = load(wanted.state), version()
    chosen = wanted.only or names
    if wanted.list:
        _say(table(chosen, state, code))
        return 0
    results = wanted.state.with_suffix("")
    results.mkdir(parents=True, exist_ok=True)
    toolchain.install()
    for name in chosen if wanted.again else left(chosen, state, code):
        seed = wanted.seed or seed_of(name, state, random.randrange(1, 1_000_000))
        _say(f"{name}, seed {seed} ...")
        try:
            state[name] = _tried(proofs.proof(name, seed, results), seed, code, results)
        except KeyboardInterrupt:
            _say("stopped; `make prove` goes on from here")
            return _INTERRUPTED
        save(wanted.state, state)
        _say(table([name], state, code))
    _say("\n" + table(chosen, state, code))
    return 1 if left(chosen, state, code) else 0


def _arguments(names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.prove", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--again", action="store_true", help="show what has been shown once more")
    parser.add_argument("--seed", type=int, help="instead of another one for each proof")
    parser.add_argument("--list", action="store_true", help="only tell what has been shown")
    parser.add_argument("--state", type=Path, default=_STATE, help="what has been shown")
    return parser.parse_args()


def _tried(proof: proofs.Proof, seed: int, code: str, results: Path) -> Shown:
    """Run a proof; what it says is in a log beside the state."""
    log = results / f"{proof.name.replace('/', '-')}.log"
    began = time.monotonic()
    with log.open("w") as file:
        environment = os.environ | proof.environment
        process = subprocess.Popen(
            proof.argv, cwd=PROJECT, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
        try:
            status = process.wait()
        except KeyboardInterrupt:  # the terminal has told it too: it takes down what it started
            process.wait()
            raise
    ok = status == 0 or status in proof.fine
    words = next(reversed(log.read_text(errors="replace").split("\n")[:-1]), "")
    if not ok:
        words = f"status {status}, see {log}: {words}"
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Shown(ok, seed, code, now, round(time.monotonic() - began, 1), words.strip("= "))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
