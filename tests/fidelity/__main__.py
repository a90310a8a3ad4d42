"""`python -m tests.fidelity`: try every odd file and tell how many come out right."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from functools import partial
from pathlib import Path

from core import log
from tests.fidelity.bench import Outcome, outcomes, table
from tests.fidelity.kinds import SAMPLES
from tests.fidelity.random_files import random_samples
from tests.fidelity.sample import NOT_YET
from tests.fidelity.transcode import PIPED, Whole, encoder, own_decoder, own_steps, version_of
from tests.fidelity.workshop import Workshop
from tests.support.product import PROJECT

_RESULTS = PROJECT / "bench" / "results" / "fidelity.json"


def main() -> int:
    """Try them; the exit status is 1 when anything is wrong."""
    wanted = _arguments()
    log.configure("ERROR", "console")
    chosen = [
        sample
        for sample in SAMPLES
        if not (wanted.only or wanted.random)
        or any(f"{sample.kind} {sample.name}".startswith(w) for w in wanted.only or ())
    ]
    chosen += random_samples(wanted.random, wanted.seed) if wanted.random else []
    results: list[Outcome] = []
    program = encoder()[0]
    version = version_of(program)
    beyond = [each for each in chosen if each.least > version]
    chosen = [each for each in chosen if each.least <= version]
    _say(f"encoded by {program}, {version[0]}.{version[1]}")
    for sample in beyond:
        needs = f"needs FFmpeg {sample.least[0]}.{sample.least[1]}"
        why = "a known fault" if sample.least == NOT_YET else needs
        _say(f"{sample.kind} {sample.name}: {why}")
    with tempfile.TemporaryDirectory(prefix="fidelity-", ignore_cleanup_errors=True) as place:
        shop = Workshop(own_decoder().ffmpeg, Path(place))
        way = partial(own_steps, shape=PIPED) if wanted.piped else own_steps
        with (Whole if wanted.stack else way)(Path(place)) as transcode:
            for each in outcomes(chosen, shop, transcode, own_decoder()):
                results.append(each)
                _tell(each)
                if wanted.json:
                    wanted.json.parent.mkdir(parents=True, exist_ok=True)
                    wanted.json.write_text(json.dumps([asdict(r) for r in results], indent=1))
    _say("\n" + table(results))
    return int(any(each.wrong for each in results))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fidelity", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="KIND", help="kinds or `kind file` to try")
    parser.add_argument("--random", type=int, default=0, help="so many files by chance")
    parser.add_argument("--seed", type=int, default=0, help="of what is left to chance")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--stack", action="store_true", help="upload them to a whole stack")
    way.add_argument("--piped", action="store_true", help="read them as they arrive")
    parser.add_argument("--json", type=Path, default=_RESULTS, help="where the results go")
    return parser.parse_args()


def _tell(each: Outcome) -> None:
    if each.not_made:
        _say(f"{each.kind} {each.name}: not made: {each.not_made}")
        return
    _say(f"{each.kind} {each.name}: {'wrong' if each.wrong else 'right'} ({each.seconds:.1f} s)")
    for line in each.wrong:
        _say(f"    {line}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
