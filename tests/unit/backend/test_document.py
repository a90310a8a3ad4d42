"""The document is printed the same everywhere, whatever is set or missing."""

import json
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "environment", [{}, {"PORT": "x", "PAGE_DIR": "/nowhere", "LC_ALL": "C", "PYTHONUTF8": "0"}]
)
def test_it_is_printed_without_any_setting(environment: dict[str, str]) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "backend.http.document"],
        env=environment, capture_output=True, check=True, timeout=60,
    ).stdout.decode("ascii")  # fmt: skip
    document = json.loads(printed)
    assert document["info"]["title"] == "Framemill"
    assert printed == json.dumps(document, indent=2, sort_keys=True) + "\n"
