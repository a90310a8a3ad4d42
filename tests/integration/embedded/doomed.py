"""`python -m tests.integration.embedded.doomed DIR`: everything at work, until it is killed."""

import signal
import sys
import threading
from pathlib import Path

from client import Framemill
from embedded.ffmpeg import find_tools
from embedded.stack import EVERYTHING, Stack
from tests.faults.processes import working_in
from tests.support.components import send_signal
from tests.support.product import PASSWORD, Clips, Workers, address_of, wait_for

_EMAIL = "ada@example.com"


def long_film(directory: Path) -> Path:
    """Make a film that is made quickly and transcoded slowly."""
    tools = find_tools().environment
    clips = Clips(tools["FFMPEG_PATH"], tools["FFPROBE_PATH"])
    short = clips.short(directory / "short.mp4", seconds=1, size="320x240")
    return clips.make(
        directory / "long.mp4", "-stream_loop", "1800", "-i", str(short), "-c", "copy"
    )


def main(directory: Path) -> None:
    """Say when FFmpeg is at work, with a worker of the stack and one beside it."""
    stack = Stack(directory, EVERYTHING)
    stack.start()
    Workers(stack, directory).start()
    with Framemill(address_of(stack), home=directory / "home") as framemill:
        framemill.register(_EMAIL, PASSWORD)
        framemill.login(_EMAIL, PASSWORD)
        framemill.upload(long_film(directory))
    wait_for(lambda: [pid for pid in working_in(directory) if _encodes(pid)])
    # It can hear of no signal but one.
    send_signal(stack.supervisor, "api", signal.SIGSTOP)
    sys.stdout.write("under way\n")
    sys.stdout.flush()
    threading.Event().wait()


def _encodes(pid: int) -> bool:
    try:
        return b"libx264" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


if __name__ == "__main__":
    main(Path(sys.argv[1]))
