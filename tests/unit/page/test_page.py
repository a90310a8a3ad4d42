"""The page's own tests, which need no browser: here, so that they run beside the others."""

import subprocess
import sys

from embedded.bootstrap import ROOT


def test_the_page_passes_its_own_tests() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "embedded.page", "test"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
