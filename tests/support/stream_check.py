"""Checks a film as players get it: its playlists, and what they name, read with ffprobe."""

import json
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from client import Framemill
from client.models import Video
from embedded.page import FOLDER
from tests.support.hls_check import MediaList, read_media, read_multivariant
from tests.support.product import Clips

_PARSERS = FOLDER / "scripts" / "read-playlists.mjs"
_IDR, _LAST_SLICE = 5, 5  # kinds of NAL units (ITU-T H.264, table 7-1); 1 to 5 are slices
_LATE = Fraction(1, 1000)  # seconds


@dataclass(frozen=True)
class Streamed:
    """What was found of a film: frames of each picture size, the number of sounds, seconds."""

    frames: dict[str, int]
    sounds: int
    seconds: Fraction


@dataclass(frozen=True)
class _Packet:
    at: int  # of its first byte in the track
    size: int
    dts: int
    pts: int
    lasts: int  # ticks


def check_stream(framemill: Framemill, video: Video, clips: Clips, place: Path) -> Streamed:
    """Read all playlists of a ready video and all segments; fail when anything is not right.

    Checked: three parsers of players take the playlists without a word. Each segment begins with a
    keyframe that needs nothing before it. Decode times go on without a gap and are never below 0.
    Lengths are those that the playlist says. All sizes are cut at the same frames.
    """
    told = framemill.playback(video.id)
    assert told.hls_url
    assert told.dash_url
    with httpx.Client(trust_env=False, follow_redirects=True) as http:
        found = _fetched(http, told.hls_url, place)
        (place / "manifest.mpd").write_text(http.get(told.dash_url).raise_for_status().text)
        _read_by_parsers(place)
        master = read_multivariant(found.pop("master.m3u8"))
        sounds = [each["URI"] for each in master.renditions if each["TYPE"] == "AUDIO"]
        encoded = {track.name for track in video.tracks if track.made == "encoded"}
        pictures = [each.address.removesuffix(".m3u8") for each in master.variants]
        cuts: dict[str, list[int]] = {}
        lasts = Fraction(0)
        for name in (*(f"{picture}.m3u8" for picture in pictures), *sounds):
            listed = read_media(found[name])
            assert listed.ended
            track, seconds = name.removesuffix(".m3u8"), Fraction(0)
            body, places = _downloaded(http, urljoin(told.hls_url, name), listed)
            (place / f"{track}.mp4").write_bytes(body)
            scale, packets = _packets(clips, place / f"{track}.mp4")
            _check_times(packets)
            counts = []
            for part, (start, end) in zip(listed.parts, places, strict=True):
                held = [each for each in packets if start <= each.at < end]
                if track in pictures:
                    assert _begins_anew(body, held[0]), f"{track}: a segment needs the one before"
                begins = seconds + part.seconds
                seconds = Fraction(held[-1].dts + held[-1].lasts, scale)
                assert abs(seconds - begins) <= _LATE, f"{track}: {part} is not as long as is said"
                counts.append(len(held))
            if track in pictures:
                cuts[track] = counts
            lasts = max(lasts, seconds)
    aligned = {tuple(each) for name, each in cuts.items() if name in encoded}
    assert len(aligned) <= 1, "sizes are cut at other frames"
    return Streamed({name: sum(each) for name, each in cuts.items()}, len(sounds), lasts)


def _fetched(http: httpx.Client, url: str, place: Path) -> dict[str, str]:
    """Return the multivariant playlist and all that it names, by file name; kept in `place`."""
    found = {"master.m3u8": http.get(url).raise_for_status().text}
    master = read_multivariant(found["master.m3u8"])
    names = [each.address for each in master.variants] + [each["URI"] for each in master.renditions]
    found |= {name: http.get(urljoin(url, name)).raise_for_status().text for name in names}
    for name, text in found.items():
        (place / name).write_text(text)
    return found


def _read_by_parsers(place: Path) -> None:
    read = subprocess.run(
        ["node", str(_PARSERS), str(place)], capture_output=True, text=True, check=True
    )
    assert json.loads(read.stdout) == []


def _downloaded(
    http: httpx.Client, url: str, listed: MediaList
) -> tuple[bytes, list[tuple[int, int]]]:
    """Return the header and all segments of a track, and where each of these begins and ends."""
    name, offset, size = listed.init
    body, places = _range(http, urljoin(url, name), offset, size), []
    for part in listed.parts:
        body += _range(http, urljoin(url, part.address), part.offset, part.size)
        places.append((len(body) - part.size, len(body)))
    return body, places


def _range(http: httpx.Client, url: str, offset: int, size: int) -> bytes:
    answer = http.get(url, headers={"Range": f"bytes={offset}-{offset + size - 1}"})
    assert answer.status_code == 206
    assert len(answer.content) == size
    return answer.content


def _packets(clips: Clips, path: Path) -> tuple[int, list[_Packet]]:
    """Return ticks per second of a track, and its packets in the order in which they stand."""
    shown = "packet=pos,size,dts,pts,duration:stream=time_base"
    options = ["-v", "error", "-show_entries", shown, "-of", "json", str(path)]
    done = subprocess.run([clips.ffprobe, *options], capture_output=True, text=True, check=True)
    assert not done.stderr, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    packets = [
        _Packet(int(e["pos"]), int(e["size"]), e["dts"], e["pts"], e["duration"])
        for e in found["packets"]
    ]
    one = Fraction(found["streams"][0]["time_base"])
    assert one.numerator == 1
    return one.denominator, sorted(packets, key=lambda each: each.at)


def _check_times(packets: list[_Packet]) -> None:
    due = packets[0].dts
    assert due == 0
    for each in packets:
        assert each.dts == due
        due += each.lasts
    # What begins is shown first. (When, ffprobe does not say: it counts from the last delay on.)
    assert packets[0].pts == min(each.pts for each in packets)


def _begins_anew(body: bytes, packet: _Packet) -> bool:
    """Tell whether the first slice of an H.264 picture is of one that begins anew (an IDR)."""
    at = packet.at
    while at < packet.at + packet.size:
        size, kind = int.from_bytes(body[at : at + 4]), body[at + 4] & 31
        if 1 <= kind <= _LAST_SLICE:
            return kind == _IDR
        at += 4 + size
    return False
