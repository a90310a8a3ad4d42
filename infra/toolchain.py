"""Runs the CDK with what it needs: `python -m infra.toolchain install|synth|cdk`.

    install                                 makes .venv-infra
    synth [--context a=b]… [--output DIR]   writes the templates, without the CDK's command line
    cdk ARGUMENTS…                          runs the CDK's command line: `cdk deploy --all`

Standard library only: the CDK lives in an environment of its own.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embedded.bootstrap import ROOT, ensure_beside
from embedded.errors import StackError
from embedded.installer import step
from embedded.node import find_node

FOLDER = ROOT / "infra"
PYTHON = ROOT / ".venv-infra" / "bin" / "python"
_OUTPUT = ROOT / "build" / "infra"
_SUPPORTED_HERE = "20,21,22,23,24"  # major versions of Node.js that embedded/node.py may find


def install() -> None:
    """Make `.venv-infra` whole.

    Raises:
        StackError: it could not be installed.
    """
    ensure_beside("infra", "the AWS CDK")


def environment() -> dict[str, str]:
    """Return the variables under which the app runs: Node.js on PATH, and no notes about it."""
    # Which Node.js is supported is decided by embedded/node.py; the notes would hide real output.
    quiet = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": _SUPPORTED_HERE}
    return {**os.environ, **find_node().environment, **quiet}


def context_of(asked: Mapping[str, str]) -> dict[str, Any]:
    """Return the context of cdk.json with what was asked for, as the CDK's command line does."""
    settled = json.loads((FOLDER / "cdk.json").read_text())["context"]
    return {**settled, **asked}


def synthesize(output: Path, asked: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Write the templates to a folder; what came of it is in the result.

    Args:
        output: the folder; made if it is not there.
        asked: context, see `infra.app`.
    """
    variables = {"CDK_OUTDIR": str(output), "CDK_CONTEXT_JSON": json.dumps(context_of(asked))}
    return subprocess.run(
        [str(PYTHON), "-m", "infra.app"],
        env=environment() | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def synthesize_each(wanted: Mapping[Path, Mapping[str, str]]) -> subprocess.CompletedProcess[str]:
    """Write the templates of several deployments, each to its folder; see `synthesize`."""
    contexts = {str(folder): context_of(asked) for folder, asked in wanted.items()}
    return subprocess.run(
        [str(PYTHON), "-m", "infra.assemblies"],
        input=json.dumps(contexts),
        env=environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def run_cdk(arguments: list[str]) -> int:
    """Run the CDK's command line in `infra/`; return its exit status.

    Raises:
        StackError: it could not be installed.
    """
    node = find_node()
    program = FOLDER / "node_modules" / "aws-cdk" / "bin" / "cdk"
    if not program.exists():
        step("Installing the CDK's command line", [*node.npm, "ci"], node.environment, FOLDER)
    done = subprocess.run(
        [str(node.program), str(program), *arguments], env=environment(), cwd=FOLDER, check=False
    )
    return done.returncode


def main(arguments: list[str]) -> int:
    """Do what is asked for; return the exit status."""
    try:
        install()
        if arguments[:1] == ["cdk"]:
            return run_cdk(arguments[1:])
        return _synth_or_install(arguments)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _synth_or_install(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.toolchain")
    parser.add_argument("what", choices=("install", "synth", "cdk"))
    parser.add_argument("--context", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--output", type=Path, default=_OUTPUT)
    options = parser.parse_args(arguments)
    if options.what == "install":
        return 0
    asked = dict(pair.partition("=")[::2] for pair in options.context)
    done = synthesize(options.output.resolve(), asked)
    sys.stderr.write(done.stderr)
    if done.returncode == 0:
        sys.stdout.write(f"The templates are in {options.output}.\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
