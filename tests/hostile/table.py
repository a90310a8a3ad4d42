"""Every hostile file, how it is made, and what must come of it."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.hostile import boxes, texts
from tests.hostile.boxes import Film
from tests.hostile.maker import H264, Maker, cut, flipped, lavfi
from tests.hostile.riff import avi_with_subtitle

READY = "ready"
NOISE = random.Random(20).randbytes(200_000)
MARK = b"Qz7metadataQz7"  # in what must not get through: titles, comments, places
# A first box that lists a page among the brands.
_PAGE = boxes.box(b"ftyp", b"qt  \0\0\2\0qt  ", b"<!doctype html><script>alert(1)</script>")
LISTED = "Format not on whitelist"
# No demuxer took it: none on the list knows it, and one that is not on the list was refused.
UNKNOWN = rf"{LISTED}|^\./input: Invalid data found when processing input$"
# Newer releases do not even look for playlists in a file of another name.
PLAYLIST = rf"{LISTED}|Not detecting m3u8/hls"
REASONS = {"hls": PLAYLIST, "ffconcat": LISTED, "sdp": LISTED, "svg": LISTED, "png": LISTED}


@dataclass(frozen=True)
class Hostile:
    """One file.

    Attributes:
        name: what it is; unique.
        make: makes it.
        outcome: `ready`, or the failure codes that are right.
        because: a pattern that the log of the job must hold: it failed for this reason.
        file_name: as its owner calls it.
        whole: seconds that every rendition must last when it is ready, 0 when that does not matter.
    """

    name: str
    make: Callable[[Maker], bytes]
    outcome: tuple[str, ...]
    because: str = ""
    file_name: str = "film.mp4"
    whole: float = 0


def _hls(segment: Callable[[Maker], str]) -> Callable[[Maker], bytes]:
    return lambda maker: texts.hls(segment(maker))


def _no_films() -> Iterator[Hostile]:
    """Playlists, scripts and stills: whoever opens one goes where it points."""
    made: dict[str, Callable[[Maker], bytes]] = {
        "hls-file": _hls(lambda m: f"file://{m.canary}"),
        "hls-path": _hls(lambda m: str(m.canary)),
        "hls-neighbour": _hls(lambda m: m.neighbour),
        "hls-http": _hls(lambda m: f"http://{m.address}/x.ts"),
        "hls-tcp": _hls(lambda m: f"tcp://{m.address}"),
        "hls-concat": _hls(lambda m: f"concat:http://{m.address}/x|{m.canary}"),
        "hls-subfile": _hls(lambda m: f"subfile,,start,0,end,999,,:{m.canary}"),
        "hls-key": lambda m: texts.hls(m.neighbour, key=f"http://{m.address}/key"),
        "ffconcat-neighbour": lambda m: texts.ffconcat(m.neighbour),
        "ffconcat-http": lambda m: texts.ffconcat(f"http://{m.address}/x.mp4"),
        "dash-http": lambda m: texts.dash(f"http://{m.address}/x.mp4"),
        "dash-file": lambda m: texts.dash(f"file://{m.canary}"),
        "sdp": lambda m: texts.sdp(m.port),
        "svg-file": lambda m: texts.svg(f"file://{m.canary}"),
        "svg-http": lambda m: texts.svg(f"http://{m.address}/x.png"),
        "png-30000": lambda _: texts.png(30_000),
        "noise": lambda _: NOISE,
        "zeros": lambda _: bytes(200_000),
        "elf": lambda _: b"\x7fELF\2\1\1" + bytes(9) + b"\2\0\x3e\0" + NOISE[:50_000],
        "zip": lambda _: b"PK\3\4\x14\0\0\0\x08\0" + NOISE[:50_000],
        "html-then-mp4": lambda m: (
            b"<!doctype html><script>alert(1)</script><!--" + m.tiny() + b"-->"
        ),
    }
    for name, make in made.items():
        because = REASONS.get(name.partition("-")[0], UNKNOWN)
        yield Hostile(name, make, ("unsupported_format",), because)


def _outside() -> Iterator[Hostile]:
    """Films that name another file beside themselves: read or not, never that file."""
    either = (READY, "corrupt_media", "unsupported_format", "truncated_media")
    made: dict[str, Callable[[Maker], bytes]] = {
        "gab2-hls-file.avi": lambda m: avi_with_subtitle(
            m.picture(), texts.hls(f"file://{m.canary}")
        ),
        "gab2-hls-http.avi": lambda m: avi_with_subtitle(
            m.picture(), texts.hls(f"http://{m.address}/x.ts")
        ),
        "reference-file.mov": lambda m: Film(
            m.picture(), reference=boxes.url_reference(f"file://{m.canary}")
        ).encode(),
        "reference-http.mov": lambda m: Film(
            m.picture(), reference=boxes.url_reference(f"http://{m.address}/x")
        ).encode(),
        "alias-canary.mov": lambda m: Film(
            m.picture(), reference=boxes.alias_reference(str(m.canary))
        ).encode(),
        "alias-neighbour.mov": lambda m: Film(
            m.picture(), reference=boxes.alias_reference("/x/" + m.neighbour.split("/")[-1], 3)
        ).encode(),
    }
    for name, make in made.items():
        yield Hostile(name, make, either, file_name=name)


def _damaged() -> Iterator[Hostile]:
    corrupt, truncated = ("corrupt_media",), ("truncated_media",)
    fast = ("-movflags", "+faststart")
    yield Hostile("cut-index-last.mp4", lambda m: cut(m.good()), corrupt, "moov atom not found")
    yield Hostile("cut-index-first.mp4", lambda m: cut(m.good("mp4", *fast)), truncated)
    yield Hostile("cut.mkv", lambda m: cut(m.good("mkv")), truncated, file_name="cut.mkv")
    yield Hostile("cut.avi", lambda m: cut(m.good("avi")), (*corrupt, *truncated),
                  file_name="cut.avi")  # fmt: skip
    pieces = ("-movflags", "+frag_keyframe+empty_moov")
    yield Hostile("cut-fragments.mp4", lambda m: cut(m.good("mp4", *pieces), 0.1), truncated)
    yield Hostile("moov-2^62", lambda _: boxes.FTYP + boxes.huge(b"moov", 1 << 62), corrupt)
    yield Hostile("mdat-2^62", lambda _: boxes.FTYP + boxes.huge(b"mdat", 1 << 62), corrupt)
    for kinds in (b"moov", b"trak", b"meta"):
        yield Hostile(
            f"nested-{kinds.decode()}", lambda _, k=kinds: boxes.FTYP  # type: ignore[misc]
            + boxes.box(b"moov", boxes.nested(k, 10_000)), corrupt,
        )  # fmt: skip
    for seed in range(1, 7):
        yield Hostile(
            f"flipped-{seed}", lambda m, s=seed: flipped(m.good("mp4", *fast), s),  # type: ignore[misc]
            (READY, "corrupt_media"), whole=3.6,
        )  # fmt: skip


def _beyond() -> Iterator[Hostile]:
    """More than is taken."""
    sound = lavfi("anullsrc=r=8000:cl=mono:d=0.1")
    many = ("-map", "0:v", *["-map", "1:a"] * 199, "-c:a", "pcm_s16le")
    small = lavfi("testsrc2=s=64x64:r=10:d=0.2")
    yield Hostile("16384x8640", lambda m: m.film(
        "mp4", *lavfi("color=s=16384x8640:r=1:d=1"), "-c:v", "mjpeg", "-q:v", "31",
        "-strict", "unofficial", "-frames:v", "1"), ("resolution_too_large",))  # fmt: skip
    yield Hostile(
        "360000-frames", lambda m: Film(m.picture(), count=360_000).encode(), ("too_many_frames",)
    )
    yield Hostile(
        "1200-a-second", lambda m: Film(m.picture(), count=12_000, clock=1200, ticks=1).encode(),
        ("too_many_frames",),
    )  # fmt: skip
    yield Hostile(
        "13.7-days", lambda m: Film(m.picture(), count=20, ticks=600 * 59_184).encode(),
        ("duration_too_long",),
    )  # fmt: skip
    for kind in ("mkv", "mov"):
        yield Hostile(
            f"200-streams.{kind}", lambda m, k=kind: m.film(k, *small, *sound, *many, *H264),  # type: ignore[misc]
            ("too_many_streams",), file_name=f"many.{kind}",
        )  # fmt: skip
    yield Hostile(
        "magicyuv.mkv", lambda m: m.film("mkv", *small, "-c:v", "magicyuv"),
        ("unsupported_codec",), file_name="magic.mkv",
    )  # fmt: skip


def _harmless() -> Iterator[Hostile]:
    """Odd, and yet somebody's film."""
    comment = (MARK * 8000).decode()
    told = (
        "-metadata", f"title=<script>{MARK.decode()}</script>",
        "-metadata", f"comment={comment}",
        "-metadata", "location=+51.5007-000.1246/",
        "-metadata", "com.apple.quicktime.location.ISO6709=+51.5007-000.1246+035/",
    )  # fmt: skip
    html = boxes.box(b"free", b"<!doctype html><script>alert(1)</script>")
    ready = (READY,)
    yield Hostile("metadata.mov", lambda m: m.tiny(*told, extension="mov"), ready)
    yield Hostile("metadata.mkv", lambda m: m.tiny(*told, extension="mkv"), ready)
    yield Hostile("mp4-with-html", lambda m: m.tiny() + html, ready)
    yield Hostile("html-in-ftyp", lambda m: Film(m.picture(), first=_PAGE).encode(), ready)
    yield Hostile("by-hand.mov", lambda m: Film(m.picture()).encode(), ready, whole=1)
    yield Hostile(
        "gab2-text.avi",
        lambda m: avi_with_subtitle(m.picture(), b"1\n00:00:00,000 --> 00:00:05,000\nhello\n\n"),
        ready, file_name="text.avi", whole=1,
    )  # fmt: skip
    yield Hostile(
        "sound-only", lambda m: m.film("mp4", *lavfi("sine=d=1")), ready, whole=0.9,
    )  # fmt: skip
    yield Hostile("silent", lambda m: m.tiny(), ready, whole=0.5)
    yield Hostile(
        "321x241-444",
        lambda m: m.film("mp4", *lavfi("testsrc2=s=321x241:r=10:d=0.5"), *H264[:4],
                         "-pix_fmt", "yuv444p"), ready, whole=0.5,
    )  # fmt: skip
    yield Hostile(
        "variable-rate.mkv",
        lambda m: m.film("mkv", *lavfi("testsrc2=s=64x64:r=30:d=2"), "-vf",
                         "select='not(mod(n,3))+lt(n,20)'", "-fps_mode", "vfr", *H264),
        ready, file_name="variable.mkv", whole=1.9,
    )  # fmt: skip


def hostile_files() -> tuple[Hostile, ...]:
    """The whole table; something that must be ready stands among what must fail."""
    odd = [*_harmless()]
    bad = [*_no_films(), *_outside(), *_damaged(), *_beyond()]
    step = -(-len(bad) // len(odd))
    mixed = []
    for number, each in enumerate(odd):
        mixed += [*bad[number * step : (number + 1) * step], each]
    return tuple(mixed)
