"""What the CDK is run with: the settled context, and a command line that fits the library."""

import json

from infra import toolchain
from tests.infra.conftest import Assemblies

_LOCK = toolchain.FOLDER / "package-lock.json"


def test_what_is_asked_for_joins_what_is_settled() -> None:
    settled = json.loads((toolchain.FOLDER / "cdk.json").read_text())["context"]
    context = toolchain.context_of({"size": "dev"})
    assert context == {**settled, "size": "dev"}
    assert settled


def test_the_lock_names_no_address() -> None:
    text = _LOCK.read_text()
    assert "integrity" in text
    assert "resolved" not in text
    assert "://" not in text


def test_the_command_line_reads_what_the_library_writes(assemblies: Assemblies) -> None:
    manifest = json.loads((assemblies("small").folder / "manifest.json").read_text())
    locked = json.loads(_LOCK.read_text())["packages"]["node_modules/aws-cdk"]["version"]
    assert _numbers(locked) >= _numbers(manifest["minimumCliVersion"])


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]
