"""Stands in for FFmpeg: does as the real one, except where a test has told it to misbehave.

What it does is told by the input (see `poisoned`), so that one film is bad and the next is not, or
by a file for every run (see `StandIn.all`). Only encodes misbehave; questions are always answered.

    stand_in = StandIn(tmp_path)
    worker = start_worker(FFMPEG_PATH=str(stand_in.path), SANDBOX="off")
    upload(poisoned(clip, tmp_path / "bad.mp4", "crash"))

The program itself is this file, run as a script: standard library only.
"""

import os
import re
import resource
import shlex
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

_MARK = b"framemill-stand-in:"
_TAIL = 64
_MEMORY = 128 * 1024**2

# What it can do, and what that shows of the product.
BEHAVIOURS = (
    "silent",  # no output at all, for ever: the stall watch
    "repeating",  # reports that never move: a watch that counts lines would be fooled
    "stubborn",  # the same, and SIGTERM does nothing: only SIGKILL ends it
    "crash",  # SIGSEGV
    "odd",  # exit 1 with words that mean nothing to us
    "greedy",  # memory until the limit
    "full",  # exit 1, the disk is full
    "short",  # exit 0 with half of the film
    "rewriting",  # the whole film, then seconds without a word in which its files change
)


class StandIn:
    """A program to be used as `FFMPEG_PATH`."""

    def __init__(self, directory: Path, real: str) -> None:
        self._told = directory / "told"
        self.path = directory / "ffmpeg"
        words = [sys.executable, "-I", "-S", str(Path(__file__).resolve()), real, str(self._told)]
        self.path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        self.path.chmod(0o755)

    def all(self, behaviour: str | None) -> None:
        """Have every encode from now on behave so; None: as its input says."""
        assert behaviour is None or behaviour in BEHAVIOURS, behaviour
        staged = self._told.with_suffix(".new")
        staged.write_text(behaviour or "")
        staged.replace(self._told)


def poisoned(clip: Path, target: Path, behaviour: str) -> Path:
    """Copy an MP4 with a box behind it that readers skip, and that tells the stand-in."""
    assert behaviour in BEHAVIOURS, behaviour
    content = _MARK + behaviour.encode()
    target.write_bytes(clip.read_bytes() + struct.pack(">I4s", 8 + len(content), b"free") + content)
    return target


def _told_by(control: Path, arguments: list[str]) -> str:
    """Return what to do; nothing for an input that says nothing."""
    if "-i" not in arguments:
        return ""
    try:
        told = control.read_text()
    except OSError:
        told = ""
    with Path(arguments[arguments.index("-i") + 1]).open("rb") as file:
        file.seek(-min(_TAIL, os.fstat(file.fileno()).st_size), os.SEEK_END)
        _, found, word = file.read().partition(_MARK)
    return told or (word.decode() if found else "")


def main() -> None:
    """Behave as told, or become FFmpeg."""
    real, control, *arguments = sys.argv[1:]
    told = _told_by(Path(control), arguments)
    if told == "short":
        # Before the outputs: only so much of the input is read.
        where = arguments.index("-i")
        arguments[where:where] = ["-t", "0.5"]
    elif told == "rewriting":
        status = subprocess.run([real, *arguments], check=False).returncode
        # One output names several files: [options]one.mp4|[options]two.mp4
        names = re.findall(r"[^|\]\n]+\.mp4(?=[|\n])", "\n".join([*arguments, ""]))
        _rewrite([Path(name) for name in names])
        sys.exit(status)
    elif told:
        _misbehave(told)
    os.execv(real, [real, *arguments])


def _rewrite(files: list[Path]) -> None:
    """Write over what is there, as FFmpeg does when it moves the index to the front."""
    for _ in range(30):
        time.sleep(0.1)
        for file in files:
            with file.open("r+b") as opened:
                first = opened.read(1)
                opened.seek(0)
                opened.write(first)


def _misbehave(told: str) -> None:
    if told == "crash":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.kill(os.getpid(), signal.SIGSEGV)
    if told == "odd":
        _end(1, "[wibble @ 0x1] the flux capacitor is out of plutonium")
    if told == "full":
        # What a machine in trouble makes FFmpeg say of the input means nothing.
        words = "av_interleaved_write_frame(): No space left on device"
        _end(1, f"{words}\n[h264 @ 0x1] Error while decoding: Invalid data found")
    if told == "greedy":
        # A limit of its own where nobody has set a lower one: the machine is not its to eat.
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        least = _MEMORY if hard == resource.RLIM_INFINITY else min(hard, _MEMORY)
        resource.setrlimit(resource.RLIMIT_AS, (least, hard))
        eaten = []
        try:
            while True:
                eaten.append(bytearray(8 * 1024**2))
        except MemoryError:
            eaten.clear()
        _end(244, "Error while opening encoder: Cannot allocate memory")  # 256 - ENOMEM
    if told == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        if told != "silent":
            sys.stdout.write("frame=7\nout_time_us=280000\nprogress=continue\n")
            sys.stdout.flush()
        time.sleep(0.1)


def _end(status: int, words: str) -> None:
    sys.stderr.write(words + "\n")
    sys.exit(status)


if __name__ == "__main__":
    main()
