"""Writes several deployments' templates in one process: most of the time goes into starting.

Run by `.venv-infra`: `python -m infra.assemblies`, with a JSON object on standard input that gives
the context (see `infra.app`) for each folder to be written.
"""

import json
import sys
from pathlib import Path

from aws_cdk import App

from infra import app


def main() -> int:
    """Write them; return the exit status."""
    for folder, context in json.load(sys.stdin).items():
        scope = App(outdir=str(Path(folder).resolve()), context=context)
        app.build(scope)
        scope.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
