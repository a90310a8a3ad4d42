"""Which code something was shown of."""

import hashlib
import subprocess

from tests.support.product import PROJECT

_WORDS = {".md", ".png", ".svg", ".css"}  # nothing is proved of them


def version() -> str:
    """Return a digest of the code as it lies there, committed or not."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    digest = hashlib.sha256()
    for name in sorted({*filter(None, listed.split("\0"))}):
        path = PROJECT / name
        if path.suffix not in _WORDS and path.is_file():
            digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]
