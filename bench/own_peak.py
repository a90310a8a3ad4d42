"""`python -m bench.own_peak FILE ARGUMENT...`: the `framemill` command, telling its peak memory.

It runs the command in this process and writes the peak of its resident memory, in bytes, to FILE.
Asked from outside, the kernel's figure of an ended child would include the memory of the parent
that it was forked from.
"""

import os
import sys
from pathlib import Path

from bench.memory_of import peak_bytes
from client.cli import main

if __name__ == "__main__":
    status = main(sys.argv[2:])
    Path(sys.argv[1]).write_text(str(peak_bytes(os.getpid())))
    sys.exit(status)
