"""`python -m tests.support.busy [LOOPS] -- COMMAND…`: run a command beside others who are at work.

Four loops on two processors leave a third of the machine: `make test` must pass there too.
"""

import subprocess
import sys
from collections.abc import Sequence

# It ends with whoever started it, however that ends.
_LOOP = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: sum(range(10_000))"


def main(words: Sequence[str]) -> int:
    """Return the status of the command."""
    place = words.index("--")
    count = int(words[0]) if place else 4
    loops = [subprocess.Popen([sys.executable, "-S", "-c", _LOOP]) for _ in range(count)]
    try:
        return subprocess.run(words[place + 1 :], check=False).returncode
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
