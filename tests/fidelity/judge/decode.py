"""Decodes a film with a plain FFmpeg."""

import json
import re
import subprocess
import tempfile
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fidelity.judge.film import SOUND_RATE, Film, Sound, Still
from tests.fidelity.judge.levels import level
from tests.fidelity.judge.packets import Packet, last_stands, packets_of, placed, times_of
from tests.fidelity.judge.tracks import as_shown, default_sound, largest_picture

_SMALL = 160  # pixels wide: enough to see the flash
_STEP_S = 0.7  # between two whole pictures; not a second, in which the flash comes again
_MOST_STILLS = 12
_PLAIN_LINES = 90
_PATIENT = ("-max_error_rate", "1")  # what can be decoded counts, however little it is
_SIZE = re.compile(r"\[Parsed_showinfo_0 @ .*? s:(\d+)x(\d+)")


class UnreadableError(Exception):
    """A film could not be decoded; the message is FFmpeg's last line, or that it never ended."""


@dataclass(frozen=True)
class Decoder:
    """The two programs that decode, which need not be those that encoded.

    After `patience_s` seconds they are ended, and the film counts as unreadable.
    """

    ffmpeg: str
    ffprobe: str
    patience_s: float = 120

    def decode(self, path: Path) -> Film:
        """Decode a whole film.

        Raises:
            UnreadableError: FFmpeg cannot read it.
        """
        found = self.streams(path)
        video = next((each for each in found["streams"] if each["codec_type"] == "video"), None)
        channels = [s["channels"] for s in found["streams"] if s["codec_type"] == "audio"]
        if video is None:
            return self._sound_alone(path, channels[0])
        width, height = video["width"], video["height"]
        small_height = max(round(_SMALL * height / width), 2)
        in_bt709 = as_shown(video)
        seconds = float(found["format"].get("duration", 0))
        step = max(_STEP_S, seconds / _MOST_STILLS)
        with tempfile.TemporaryDirectory(prefix="framemill-judge-") as folder:
            place = Path(folder)
            graph = (
                f"[0:v:0]split[a][b];[a]scale={_SMALL}:{small_height}:flags=area:out_range=pc,"
                "format=gray[small];"
                f"[b]select='isnan(prev_selected_t)+gte(t-prev_selected_t,{step:.3f})',"
                f"scale={width}:{height},{in_bt709},format=rgb24[still]"
            )
            raw = ("-fps_mode", "passthrough", "-c:v", "rawvideo")
            self.run(
                "-i", str(path), "-filter_complex", graph, "-map", "[small]", *raw,
                *_both("small", place), "-map", "[still]", *raw, *_both("still", place),
            )  # fmt: skip
            if channels:
                # By itself: with both in one run FFmpeg 9 may wait for ever.
                self.run("-i", str(path), *_sounds(place))
            small = _cut((place / "small").read_bytes(), _SMALL * small_height)
            whole = _cut((place / "still").read_bytes(), width * height * 3)
            shown = _packets(place / "small")
            stills = tuple(
                Still(time, width, height, rgb)
                for time, rgb in zip(times_of(_packets(place / "still")), whole, strict=True)
            )
            sound = _both_ways(place, channels[0]) if channels else None
        return Film(
            width, height, times_of(shown), _SMALL, small_height, small, stills, sound,
            last=last_stands(shown),
        )  # fmt: skip

    def _sound_alone(self, path: Path, channels: int) -> Film:
        with tempfile.TemporaryDirectory(prefix="framemill-judge-") as folder:
            self.run("-i", str(path), *_sounds(Path(folder)))
            return Film(0, 0, (), 0, 0, (), (), _both_ways(Path(folder), channels))

    def plain(self, path: Path) -> Film:
        """Decode a source as it is: every picture that is there, every sample at its time.

        Nothing is repeated, dropped or filled in, and no picture is whole. The sound is how far the
        loudest channel is from 0.

        Raises:
            UnreadableError: FFmpeg cannot read it, or there is nothing in it.
        """
        streams = self.streams(path)["streams"]
        picture, track = largest_picture(streams), default_sound(streams)
        if picture is None and track is None:
            raise UnreadableError("neither picture nor sound")
        with tempfile.TemporaryDirectory(prefix="framemill-judge-") as folder:
            place = Path(folder)
            heard = () if track is None else (
                "-map", f"0:{track}", "-ar", str(SOUND_RATE), "-c:a", "pcm_s16le",
                *_both("row", place),
            )  # fmt: skip
            if picture is None:
                self.run(*_PATIENT, "-i", str(path), *heard)
                return Film(0, 0, (), 0, 0, (), (), _heard(place / "row"))
            # Both in one run: FFmpeg counts from the first of the streams that it reads.
            log = self.run(
                *_PATIENT, "-i", str(path), "-map", f"0:{picture}", "-enc_time_base", "filter",
                "-fps_mode", "passthrough", "-vf",
                f"showinfo=checksum=0,scale={_SMALL}:{_PLAIN_LINES}:flags=area:out_range=pc,"
                "format=gray", "-c:v", "rawvideo", *_both("small", place), *heard,
            )  # fmt: skip
            sizes = set(_SIZE.findall(log))
            pictures = _cut((place / "small").read_bytes(), _SMALL * _PLAIN_LINES)
            shown = _packets(place / "small")
            sound = _heard(place / "row") if heard else None
        if not pictures:
            raise UnreadableError("no picture")
        # Another thread may write into a line of this log: none is left of a single picture then.
        width, height = map(int, max(sizes, default=(_SMALL, _PLAIN_LINES)))
        return Film(
            width, height, times_of(shown), _SMALL, _PLAIN_LINES, pictures, (), sound,
            stays=len(sizes) < 2, last=last_stands(shown),
        )  # fmt: skip

    def run(self, *arguments: str) -> str:
        """Run FFmpeg and return what it said.

        Raises:
            UnreadableError: it failed.
        """
        command = [self.ffmpeg, "-nostdin", "-hide_banner", "-nostats", "-v", "info", *arguments]
        done = self._ended(command)
        if done.returncode:
            raise UnreadableError(done.stderr.strip().rpartition("\n")[2])
        return done.stderr

    def streams(self, path: Path) -> dict[str, Any]:
        """Return what ffprobe says of a file.

        Raises:
            UnreadableError: it failed.
        """
        command = [self.ffprobe, "-v", "error", "-show_format", "-show_streams", "-of", "json"]
        done = self._ended([*command, str(path)])
        if done.returncode:
            raise UnreadableError(done.stderr.strip())
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def _ended(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                command, capture_output=True, text=True, errors="replace",
                timeout=self.patience_s, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            program = Path(command[0]).name.partition("-")[0]
            raise UnreadableError(f"{program} did not end in {self.patience_s:g} s") from error


def _both(name: str, place: Path) -> list[str]:
    """Write a stream as it is, and a list of its packets beside it."""
    return ["-f", "tee", f"[f=data]{place / name}|[f=framecrc]{place / name}.list"]


def _sounds(place: Path) -> list[str]:
    one = ["-map", "0:a:0", "-ar", str(SOUND_RATE), "-f", "s16le"]
    return [
        *one, "-af", "asetpts=N/SR/TB", str(place / "row"),
        *one, "-af", "aresample=async=1:first_pts=0", str(place / "placed"),
    ]  # fmt: skip


def _both_ways(place: Path, channels: int) -> Sound:
    return Sound(*(_loudest(_samples(place / name), channels) for name in ("row", "placed")))


def _heard(file: Path) -> Sound:
    packets, samples = _packets(file), _samples(file)
    count = sum(packet.length for packet in packets)
    channels = max(len(samples) // max(count, 1), 1)
    # The loudest channel tells whether there is anything to hear, however they are mixed.
    by_channel = [samples[number::channels] for number in range(channels)]
    loudest = array(
        "h", (min(max(map(abs, each)), 32767) for each in zip(*by_channel, strict=False))
    )
    return Sound(loudest, placed(loudest, packets))


def _loudest(samples: "array[int]", channels: int) -> "array[int]":
    """Return one channel of several: added up, two could cancel each other out."""
    return max((samples[number::channels] for number in range(channels)), key=level)


def _packets(file: Path) -> tuple[Packet, ...]:
    return packets_of(file.with_name(file.name + ".list").read_text())


def _samples(file: Path) -> "array[int]":
    return array("h", file.read_bytes())


def _cut(data: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(data[at : at + size] for at in range(0, len(data), size))
