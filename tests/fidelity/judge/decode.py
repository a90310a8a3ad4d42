"""Decodes a film with a plain FFmpeg."""

import json
import re
import subprocess
import tempfile
from array import array
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.fidelity.judge.film import SOUND_RATE, Film, Sound, Still
from tests.fidelity.judge.levels import level

_SMALL = 160  # pixels wide: enough to see the flash
_STEP_S = 0.7  # between two whole pictures; not a second, in which the flash comes again
_MOST_STILLS = 12
_HD_LINES = 720  # players take what has no tag for BT.709 from here on, else for BT.601
_PLAIN_LINES = 90
_SIZE = re.compile(r"\[Parsed_showinfo_0 @ .*? s:(\d+)x(\d+)")


class UnreadableError(Exception):
    """A film could not be decoded; the message is FFmpeg's last line."""


@dataclass(frozen=True)
class Decoder:
    """The two programs that decode, which need not be those that encoded."""

    ffmpeg: str
    ffprobe: str

    def decode(self, path: Path) -> Film:
        """Decode a whole film.

        Raises:
            UnreadableError: FFmpeg cannot read it.
        """
        found = self.streams(path)
        video = next(each for each in found["streams"] if each["codec_type"] == "video")
        channels = [s["channels"] for s in found["streams"] if s["codec_type"] == "audio"]
        width, height = video["width"], video["height"]
        small_height = max(round(_SMALL * height / width), 2)
        shown = _as_shown(video)
        seconds = float(found["format"].get("duration", 0))
        step = max(_STEP_S, seconds / _MOST_STILLS)
        with tempfile.TemporaryDirectory(prefix="framemill-judge-") as folder:
            place = Path(folder)
            graph = (
                f"[0:v:0]split[a][b];[a]scale={_SMALL}:{small_height}:flags=area:out_range=pc,"
                "format=gray[small];"
                f"[b]select='isnan(prev_selected_t)+gte(t-prev_selected_t,{step:.3f})',"
                f"scale={width}:{height},{shown},format=rgb24[still]"
            )
            raw = ("-fps_mode", "passthrough", "-c:v", "rawvideo")
            self.run(
                "-i", str(path), "-filter_complex", graph, "-map", "[small]", *raw,
                *_both("small", place), "-map", "[still]", *raw, *_both("still", place),
                *(_sounds(place) if channels else ()),
            )  # fmt: skip
            small = _cut((place / "small").read_bytes(), _SMALL * small_height)
            whole = _cut((place / "still").read_bytes(), width * height * 3)
            times, last = _times(place / "small"), _last_stands(place / "small")
            stills = tuple(
                Still(time, width, height, rgb)
                for time, rgb in zip(_times(place / "still"), whole, strict=True)
            )
            ways = [
                _loudest(_samples(place / name), count)
                for count in channels[:1]
                for name in ("row", "placed")
            ]
        sound = Sound(*ways) if ways else None
        return Film(width, height, times, _SMALL, small_height, small, stills, sound, last=last)

    def plain(self, path: Path) -> Film:
        """Decode a source as it is: every picture that is there, every sample at its time.

        Nothing is repeated, dropped or filled in, and no picture is whole. The sound is how far the
        loudest channel is from 0.

        Raises:
            UnreadableError: FFmpeg cannot read it, or it has no picture.
        """
        streams = self.streams(path)["streams"]
        picture, track = _largest_picture(streams), _default_sound(streams)
        if picture is None:
            raise UnreadableError("no picture")
        with tempfile.TemporaryDirectory(prefix="framemill-judge-") as folder:
            place = Path(folder)
            log = self.run(
                "-i", str(path), "-map", f"0:{picture}", "-enc_time_base", "filter",
                "-fps_mode", "passthrough", "-vf",
                f"showinfo=checksum=0,scale={_SMALL}:{_PLAIN_LINES}:flags=area:out_range=pc,"
                "format=gray", "-c:v", "rawvideo", *_both("small", place),
            )  # fmt: skip
            sizes = set(_SIZE.findall(log))
            pictures = _cut((place / "small").read_bytes(), _SMALL * _PLAIN_LINES)
            times, last = _times(place / "small"), _last_stands(place / "small")
            sound = None if track is None else self._heard(path, track, place)
        if not sizes:
            raise UnreadableError("no picture")
        width, height = map(int, max(sizes))
        stays = len(sizes) == 1
        return Film(width, height, times, _SMALL, _PLAIN_LINES, pictures, (), sound, stays, last)

    def _heard(self, path: Path, track: int, place: Path) -> Sound:
        self.run(
            "-i", str(path), "-map", f"0:{track}", "-ar", str(SOUND_RATE), "-c:a", "pcm_s16le",
            *_both("row", place),
        )  # fmt: skip
        packets, samples = _packets(place / "row"), _samples(place / "row")
        count = sum(packet.length for packet in packets)
        channels = max(len(samples) // max(count, 1), 1)
        # The loudest channel tells whether there is anything to hear, however they are mixed.
        by_channel = [samples[number::channels] for number in range(channels)]
        loudest = array(
            "h", (min(max(map(abs, each)), 32767) for each in zip(*by_channel, strict=False))
        )
        return Sound(loudest, _placed(loudest, packets))

    def run(self, *arguments: str) -> str:
        """Run FFmpeg and return what it said.

        Raises:
            UnreadableError: it failed.
        """
        command = [self.ffmpeg, "-nostdin", "-hide_banner", "-nostats", "-v", "info", *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=300, check=False
        )
        if done.returncode:
            raise UnreadableError(done.stderr.strip().rpartition("\n")[2])
        return done.stderr

    def streams(self, path: Path) -> dict[str, Any]:
        """Return what ffprobe says of a file.

        Raises:
            UnreadableError: it failed.
        """
        command = [self.ffprobe, "-v", "error", "-show_format", "-show_streams", "-of", "json"]
        done = subprocess.run([*command, str(path)], capture_output=True, timeout=60, check=False)
        if done.returncode:
            raise UnreadableError(done.stderr.decode(errors="replace").strip())
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def _both(name: str, place: Path) -> list[str]:
    """Write a stream as it is, and a list of its packets beside it."""
    return ["-f", "tee", f"[f=data]{place / name}|[f=framecrc]{place / name}.list"]


def _sounds(place: Path) -> list[str]:
    one = ["-map", "0:a:0", "-ar", str(SOUND_RATE), "-f", "s16le"]
    return [
        *one, "-af", "asetpts=N/SR/TB", str(place / "row"),
        *one, "-af", "aresample=async=1:first_pts=0", str(place / "placed"),
    ]  # fmt: skip


@dataclass(frozen=True)
class _Packet:
    """Time stamp and length in `clock` seconds."""

    at: int
    length: int
    clock: float


def _packets(file: Path) -> list[_Packet]:
    lines = file.with_name(file.name + ".list").read_text().splitlines()
    clock = next((line.split()[-1] for line in lines if line.startswith("#tb 0:")), "1/1")
    seconds = float(Fraction(clock))
    fields = [line.split(",") for line in lines if not line.startswith("#")]
    return [_Packet(int(each[2]), int(each[3]), seconds) for each in fields]


def _times(file: Path) -> tuple[float, ...]:
    return tuple(packet.at * packet.clock for packet in _packets(file))


def _last_stands(file: Path) -> float:
    """Return for how many seconds the last packet is shown, 0 if that is not said."""
    packets = _packets(file)
    return packets[-1].length * packets[-1].clock if packets else 0.0


def _loudest(samples: "array[int]", channels: int) -> "array[int]":
    """Return one channel of several: added up, two could cancel each other out."""
    return max((samples[number::channels] for number in range(channels)), key=level)


def _samples(file: Path) -> "array[int]":
    return array("h", file.read_bytes())


def _placed(samples: "array[int]", packets: list[_Packet]) -> "array[int]":
    """Put samples where the times of their packets say; silence is between them."""
    end = max((packet.at + packet.length for packet in packets), default=0)
    placed, done = array("h", bytes(2 * max(end, 0))), 0
    for packet in packets:
        piece = samples[done : done + packet.length]
        placed[max(packet.at, 0) : max(packet.at, 0) + len(piece)] = piece
        done += packet.length
    return placed


def _largest_picture(streams: list[dict[str, Any]]) -> int | None:
    pictures = [
        each
        for each in streams
        if each["codec_type"] == "video" and not each["disposition"]["attached_pic"]
    ]
    # A picture that stands alone is no film; what has no count may have many.
    pictures.sort(key=lambda each: (each.get("nb_frames") == "1", -_area(each)))
    return pictures[0]["index"] if pictures else None


def _area(stream: dict[str, Any]) -> int:
    return int(stream.get("width", 0)) * int(stream.get("height", 0))


def _default_sound(streams: list[dict[str, Any]]) -> int | None:
    sounds = [each for each in streams if each["codec_type"] == "audio" and "codec_name" in each]
    sounds.sort(key=lambda each: -each["disposition"]["default"])
    return sounds[0]["index"] if sounds else None


# Names of zscale for what ffprobe finds. What is not here, or not said, is taken for BT.709, as
# many players take it: a wide gamut or high range must be gone, not only be told.
_PRIMARIES = ("bt470m", "bt470bg", "smpte170m", "smpte240m")
_TRANSFERS = ("bt470m", "bt470bg", "smpte170m")
_MATRICES = {
    "bt709": "709", "smpte170m": "170m", "bt470bg": "470bg", "bt2020nc": "2020_ncl", "fcc": "fcc",
    "smpte240m": "smpte240m",
}  # fmt: skip


def _as_shown(video: dict[str, Any]) -> str:
    """Describe what players do: bring the picture to BT.709 as RGB."""
    lines = min(video["width"], video["height"])
    untagged = "709" if lines >= _HD_LINES else "170m"
    matrix = _MATRICES.get(video.get("color_space", ""), untagged)
    primaries, transfer = video.get("color_primaries", ""), video.get("color_transfer", "")
    full = "full" if video.get("color_range") == "pc" else "limited"
    return (
        f"zscale=min={matrix}:rin={full}:pin={primaries if primaries in _PRIMARIES else '709'}"
        f":tin={transfer if transfer in _TRANSFERS else '709'}:p=709:t=709:m=gbr:r=full,format=gbrp"
    )


def _cut(data: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(data[at : at + size] for at in range(0, len(data), size))
