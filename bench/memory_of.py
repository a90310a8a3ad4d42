"""Peak memory of a process, from the kernel."""

import re
from pathlib import Path


def peak_bytes(pid: int) -> int:
    """Return the most resident memory that a running process ever had (VmHWM, proc(5))."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    assert found is not None  # every process that is no kernel thread has it
    return int(found[1]) * 1024
