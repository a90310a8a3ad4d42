"""Makes the films that hostile files are made of, each once."""

import random
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1")
FILM_SECONDS = 4


@dataclass
class Maker:
    """FFmpeg, a directory, and what the files are to reach for.

    Attributes:
        ffmpeg: absolute path of the program.
        folder: for what is made.
        canary: a file outside, which nobody may read.
        neighbour: a file near the scratch directory, as seen from where FFmpeg runs.
        address: where nobody may connect to, `host:port`.
    """

    ffmpeg: str
    folder: Path
    canary: Path = Path("/nowhere")
    neighbour: str = "nowhere"
    address: str = "127.0.0.1:9"
    _made: dict[tuple[str, ...], bytes] = field(default_factory=dict)

    def aim(self, canary: Path, neighbour: str, address: str) -> None:
        """Reach for these from now on."""
        self.canary, self.neighbour, self.address = canary, neighbour, address

    @property
    def port(self) -> int:
        """The port of the address."""
        return int(self.address.rpartition(":")[2])

    def film(self, extension: str, *arguments: str) -> bytes:
        """What FFmpeg makes of these arguments."""
        wanted = (extension, *arguments)
        if wanted not in self._made:
            path = self.folder / f"made.{extension}"
            subprocess.run(
                [self.ffmpeg, "-nostdin", "-v", "error", "-y", *arguments, str(path)],
                check=True,
                timeout=120,
            )
            self._made[wanted] = path.read_bytes()
        return self._made[wanted]

    def picture(self) -> bytes:
        """A JPEG of 64 x 64 pixels."""
        return self.film("jpg", *lavfi("testsrc2=s=64x64"), "-frames:v", "1", "-update", "1")

    def good(self, extension: str = "mp4", *arguments: str) -> bytes:
        """A sound film of 4 s with a tone."""
        return self.film(
            extension, *lavfi(f"testsrc2=s=320x240:r=25:d={FILM_SECONDS}"),
            *lavfi(f"sine=d={FILM_SECONDS}"), *H264, "-g", "25", "-c:a", "aac", *arguments,
        )  # fmt: skip

    def tiny(self, *arguments: str, extension: str = "mp4") -> bytes:
        """A sound, silent film of half a second."""
        return self.film(extension, *lavfi("testsrc2=s=64x64:r=10:d=0.5"), *H264, *arguments)


def lavfi(source: str) -> tuple[str, ...]:
    """An input that FFmpeg draws itself."""
    return ("-f", "lavfi", "-i", source)


def cut(data: bytes, part: float = 0.5) -> bytes:
    """The beginning of a file."""
    return data[: int(len(data) * part)]


def flipped(data: bytes, seed: int, count: int = 400) -> bytes:
    """The file with a bit of each of so many bytes turned over."""
    chance = random.Random(seed)
    damaged = bytearray(data)
    for _ in range(count):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)
