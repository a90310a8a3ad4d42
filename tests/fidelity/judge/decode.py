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

_SMALL = 160  # pixels wide: enough to see the flash
_STEP_S = 0.7  # between two whole pictures; not a second, in which the flash comes again
_MOST_STILLS = 12
_HD_LINES = 720  # players take what has no tag for BT.709 from here on, else for BT.601
_PLAIN_LINES = 90
_SIZE = re.compile(r"\[showinfo@all @ .*? s:(\d+)x(\d+)")
_HEARD = re.compile(r"\[Parsed_ashowinfo_0 @ .*? pts_time:(\S+) .*?rate:(\d+) nb_samples:(\d+)")
_SHOWN = re.compile(r"\[showinfo@(all|still) @ .*? pts_time:\s*(\S+)")


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
        has_sound = any(each["codec_type"] == "audio" for each in found["streams"])
        width, height = video["width"], video["height"]
        small_height = max(round(_SMALL * height / width), 2)
        matrix = _matrix(video.get("color_space", ""), min(width, height))
        seconds = float(found["format"].get("duration", 0))
        step = max(_STEP_S, seconds / _MOST_STILLS)
        with tempfile.TemporaryDirectory(prefix="framemill-judge-") as place:
            graph = (
                "[0:v:0]showinfo@all=checksum=0,split[a][b];"
                f"[a]scale={_SMALL}:{small_height}:flags=area:out_range=pc,format=gray[small];"
                f"[b]select='isnan(prev_selected_t)+gte(t-prev_selected_t,{step:.3f})',"
                f"showinfo@still=checksum=0,scale={width}:{height}:in_color_matrix={matrix}:flags=accurate_rnd"
                "+full_chroma_int,format=rgb24[still]"
            )
            log = self._run(path, graph, Path(place), has_sound=has_sound)
            times, chosen = _times(log, "all"), _times(log, "still")
            small = _cut((Path(place) / "small").read_bytes(), _SMALL * small_height)
            whole = _cut((Path(place) / "still").read_bytes(), width * height * 3)
            sound = _sound(Path(place)) if has_sound else None
        stills = tuple(
            Still(time, width, height, rgb) for time, rgb in zip(chosen, whole, strict=True)
        )
        return Film(width, height, times, _SMALL, small_height, small, stills, sound)

    def plain(self, path: Path) -> Film:
        """Decode a source as it is: every picture that is there, every sample at its time.

        Nothing is repeated, dropped or filled in, and no picture is whole. The sound is of as many
        channels as there are, one after another in each sample.

        Raises:
            UnreadableError: FFmpeg cannot read it, or it has no picture.
        """
        found = self.streams(path)
        track = _default_sound(found["streams"])
        with tempfile.TemporaryDirectory(prefix="framemill-judge-") as place:
            small, row = Path(place) / "small", Path(place) / "row"
            log = self.run(
                "-i", str(path),
                "-an", "-sn", "-dn", "-fps_mode", "passthrough", "-f", "rawvideo", "-vf",
                f"showinfo@all=checksum=0,scale={_SMALL}:{_PLAIN_LINES}:flags=area:out_range=pc"
                ",format=gray", str(small),
            )  # fmt: skip
            pictures = _cut(small.read_bytes(), _SMALL * _PLAIN_LINES)
            sound = self._heard(path, track, row) if track is not None else None
        times = _times(log, "all")[: len(pictures)]
        sizes = _SIZE.findall(log)
        width, height = map(int, sizes[0])
        stays = len(set(sizes)) == 1
        return Film(width, height, times, _SMALL, _PLAIN_LINES, pictures, (), sound, stays)

    def _heard(self, path: Path, track: int, row: Path) -> Sound:
        log = self.run(
            "-i", str(path), "-map", f"0:{track}", "-f", "s16le", "-ar", str(SOUND_RATE),
            "-af", "ashowinfo", str(row),
        )  # fmt: skip
        frames = [(float(time), int(rate), int(count)) for time, rate, count in _HEARD.findall(log)]
        raw = array("h", row.read_bytes())
        whole = sum(count / rate for _, rate, count in frames) * SOUND_RATE
        channels = max(round(len(raw) / whole), 1) if whole else 1
        # The loudest channel tells whether there is anything to hear, however they are mixed.
        loudest = max(
            (raw[number::channels] for number in range(channels)),
            key=lambda samples: sum(map(abs, samples)),
        )
        return Sound(loudest, _placed(loudest, frames))

    def _run(self, path: Path, graph: str, place: Path, *, has_sound: bool) -> str:
        raw = ["-fps_mode", "passthrough", "-f", "rawvideo"]
        sounds = []
        if has_sound:
            one = ["-map", "0:a:0", "-ac", "1", "-ar", str(SOUND_RATE), "-f", "s16le"]
            sounds = [
                *one, "-af", "asetpts=N/SR/TB", str(place / "row"),
                *one, "-af", "aresample=async=1:first_pts=0", str(place / "placed"),
            ]  # fmt: skip
        return self.run(
            "-i", str(path), "-filter_complex", graph, "-map", "[small]", *raw,
            str(place / "small"), "-map", "[still]", *raw, str(place / "still"), *sounds,
        )  # fmt: skip

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


def _default_sound(streams: list[dict[str, Any]]) -> int | None:
    sounds = [each for each in streams if each["codec_type"] == "audio"]
    sounds.sort(key=lambda each: -each["disposition"]["default"])
    return sounds[0]["index"] if sounds else None


def _placed(samples: "array[int]", frames: list[tuple[float, int, int]]) -> "array[int]":
    """Put samples where the times of their frames say; silence is between them."""
    end = max((time + count / rate for time, rate, count in frames), default=0.0)
    placed, done = array("h", bytes(2 * round(end * SOUND_RATE))), 0.0
    for time, rate, count in frames:
        begin, after = round(done), round(done + count * SOUND_RATE / rate)
        at = max(round(time * SOUND_RATE), 0)
        piece = samples[begin:after][: len(placed) - at]
        placed[at : at + len(piece)] = piece
        done += count * SOUND_RATE / rate
    return placed


def _matrix(said: str, lines: int) -> str:
    if said in ("bt709", "smpte170m", "bt470bg", "smpte240m", "fcc"):
        return {"bt470bg": "bt601", "smpte170m": "bt601"}.get(said, said)
    if said.startswith("bt2020"):
        return "bt2020"
    return "bt709" if lines >= _HD_LINES else "bt601"


def _times(log: str, name: str) -> tuple[float, ...]:
    return tuple(float(time) for which, time in _SHOWN.findall(log) if which == name)


def _cut(data: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(data[at : at + size] for at in range(0, len(data), size))


def _sound(place: Path) -> Sound:
    return Sound(*(array("h", (place / name).read_bytes()) for name in ("row", "placed")))
