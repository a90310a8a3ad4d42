"""The films that are uploaded, made once."""

from functools import cached_property
from pathlib import Path

from embedded.ffmpeg import find_tools
from tests.support.product import Clips


class FaultClips:
    """Makes each film at first use. They are small: what is tried here is not FFmpeg."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        tools = find_tools().environment
        self._clips = Clips(tools["FFMPEG_PATH"], tools["FFPROBE_PATH"])

    @cached_property
    def quick(self) -> Path:
        """A second of film."""
        return self._made("quick.mp4", 1)

    @cached_property
    def slow(self) -> Path:
        """Four seconds of film: a worker with the mutation `paced` encodes it for longer."""
        return self._made("slow.mp4", 4)

    def _made(self, name: str, seconds: float) -> Path:
        return self._clips.short(self._directory / name, seconds=seconds, size="320x180")
