"""B: size, channels or rate change in mid-stream."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.fidelity.expect import Expect
from tests.fidelity.patch import join, renumbered
from tests.fidelity.pattern import TO_BT709
from tests.fidelity.sample import NOT_YET, Kind
from tests.fidelity.workshop import AAC, H264, Workshop

KIND = Kind("B changes")
KINDS = (KIND,)
_ALL = Expect(seconds=(6,), heard=6, flashes=6, beeps=6)
_HALF = 3
# Turned: the middle of the picture, so narrow that only the disc is in it.
_TURNED = f"crop=202:360,{TO_BT709}"


def _two(
    shop: Workshop,
    path: Path,
    first: Mapping[str, object],
    second: Mapping[str, object],
    *,
    after: int = 0,
) -> None:
    """Join two recordings of three seconds; time stamps go on, `after` so many seconds."""
    _join(shop, path, (first, second), _HALF, after)


def _join(
    shop: Workshop,
    path: Path,
    parts: Sequence[Mapping[str, object]],
    seconds: int,
    after: int = 0,
) -> None:
    pieces = []
    for number, how in enumerate(parts):
        piece = shop.place(f"piece{number}.ts")
        shop.film(
            piece, "-output_ts_offset", str(1 + (seconds + after) * number),
            "-muxdelay", "0", "-muxpreload", "0", seconds=seconds,
            **{"audio": ("-c:a", "ac3"), **how},  # type: ignore[arg-type]
        )  # fmt: skip
        if after and number:
            piece.write_bytes(renumbered(piece.read_bytes()))
        pieces.append(piece)
    join(path, *pieces)


@KIND("ac3-51-to-stereo.ts", _ALL)
def _fewer(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"channels": "5.1"}, {"channels": "stereo"})


@KIND("ac3-stereo-to-51.ts", _ALL)
def _more(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"channels": "stereo"}, {"channels": "5.1"})


@KIND("mp2-stereo-to-mono.ts", _ALL)
def _mono(shop: Workshop, path: Path) -> None:
    mp2 = {"audio": ("-c:a", "mp2")}
    _two(shop, path, {"channels": "stereo", **mp2}, {"channels": "mono", **mp2})


@KIND("aac-mono-to-stereo.ts", _ALL)
def _aac(shop: Workshop, path: Path) -> None:
    aac = {"audio": ("-c:a", "aac")}
    _two(shop, path, {"channels": "mono", **aac}, {"channels": "stereo", **aac})


@KIND("mp2-48-to-44-khz.ts", _ALL)
def _rate(shop: Workshop, path: Path) -> None:
    mp2 = {"audio": ("-c:a", "mp2")}
    _two(shop, path, {"sound_rate": 48000, **mp2}, {"sound_rate": 44100, **mp2})


@KIND("aac-44-to-48-khz.ts", _ALL)
def _rate_aac(shop: Workshop, path: Path) -> None:
    aac = {"audio": ("-c:a", "aac")}
    _two(shop, path, {"sound_rate": 44100, **aac}, {"sound_rate": 48000, **aac})


# FFmpeg 5.1 counts the times of a second rate as if they were of the first.
@KIND(
    "mp2-late-stereo-to-mono.ts",
    Expect(seconds=(6,), heard=6, flashes=6, beeps=5, in_step=(1, 6)),
    least=(6, 1),
)
def _late(shop: Workshop, path: Path) -> None:
    # The silence before a late sound is there once, not before each change again.
    late = {"audio": ("-c:a", "mp2", "-af", "atrim=start=0.3")}
    mp2 = {"audio": ("-c:a", "mp2")}
    _two(shop, path, {"channels": "stereo", "sound_rate": 44100, **late},
         {"channels": "mono", "sound_rate": 32000, **mp2})  # fmt: skip


@KIND("six-parts.ts", _ALL, NOT_YET)
def _six(shop: Workshop, path: Path) -> None:
    # The last block of sound of each part reaches a little into the next one.
    parts = [{"channels": each, "audio": ("-c:a", "aac")} for each in ("mono", "stereo") * 3]
    _join(shop, path, parts, 1)


# The box is not in what is left of the picture.
_CROPPED = Expect(seconds=(6,), heard=6, flashes=3, beeps=6, hues=0)


def _numbers(first: int, tables: int, program: int = 1) -> dict[str, object]:
    return {
        "video": (
            *H264, "-mpegts_start_pid", str(first), "-mpegts_pmt_start_pid", str(tables),
            "-mpegts_service_id", str(program),
        )
    }  # fmt: skip


# Recordings of two stations, or of two programs that encode.
@KIND("other-numbers-midway.ts", _ALL)
def _renumbered(shop: Workshop, path: Path) -> None:
    _two(shop, path, {}, _numbers(0x200, 0x1000))


@KIND("other-tables-midway.ts", _ALL)
def _other_tables(shop: Workshop, path: Path) -> None:
    _two(shop, path, {}, _numbers(0x200, 0x1100, 7))


@KIND("numbers-exchanged-midway.ts", _ALL)
def _exchanged(shop: Workshop, path: Path) -> None:
    _two(shop, path, {}, {"video": (*H264, "-map", "1:a", "-map", "0:v")})


# Players show the first of them, and nobody can tell that there are more.
_FIRST = replace(_ALL, seconds=(3,), heard=3, flashes=3, beeps=3, damaged=True)


@KIND("two-in-one.mp4", _FIRST)
@KIND("two-in-one.mov", _FIRST)
@KIND("two-in-one.mkv", _FIRST)
@KIND("two-in-one.flv", _FIRST)
def _two_in_one(shop: Workshop, path: Path) -> None:
    piece = shop.film(shop.place(f"piece{path.suffix}"), seconds=_HALF)
    join(path, piece, piece)


# The second one is longer. Of some FFmpeg shows what comes after the length of the first.
_SECOND = replace(_FIRST, seconds=(5,), heard=5, flashes=5, beeps=5)
_SHORT = replace(_FIRST, seconds=(2,), heard=2, flashes=2, beeps=2)
_OPEN = {
    "live": ("-live", "1"),
    "fragments": ("-movflags", "frag_keyframe+empty_moov+default_base_moof"),
}


@KIND("longer-behind.mkv", _SECOND)
@KIND("longer-behind-live.mkv", _SECOND)
@KIND("longer-behind-fragments.mp4", _SECOND)
@KIND("longer-behind.mp4", _SHORT)
@KIND("longer-behind.flv", _SHORT)
@KIND("longer-behind-theora.ogv", _SHORT)
@KIND("shorter-behind-theora.ogv", replace(_FIRST, seconds=(5,), heard=5, flashes=5, beeps=5))
def _longer_behind(shop: Workshop, path: Path) -> None:
    options = _OPEN.get(path.stem.rpartition("-")[2], ())
    ogg = path.suffix == ".ogv"
    video, audio = (("-c:v", "libtheora", "-q:v", "6"), ("-c:a", "libopus")) if ogg else (H264, AAC)
    lengths = (5, 2) if "shorter" in path.name else (2, 5)
    pieces = [
        shop.film(
            shop.place(f"piece{number}{path.suffix}"),
            *options,
            seconds=seconds,
            video=video,
            audio=audio,
        )
        for number, seconds in enumerate(lengths)
    ]
    join(path, *pieces)


# A recording of which the codec changes, under the same numbers: the rest is another track.
_OTHER_PICTURE = replace(_ALL, flashes=3, told=frozenset({"video_dropped", "picture_held"}))
_OTHER_SOUND = replace(_ALL, heard=3, beeps=3, in_step=(0, 2.9), told=frozenset({"audio_dropped"}))


@KIND("mpeg2-to-h264.ts", _OTHER_PICTURE)
def _other_picture(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"video": ("-c:v", "mpeg2video", "-q:v", "3")}, {})


@KIND("ac3-to-aac.ts", _OTHER_SOUND)
def _other_sound(shop: Workshop, path: Path) -> None:
    _two(shop, path, {}, {"audio": ("-c:a", "aac")})


# A recorder was stopped, and went on by the same clock.
@KIND("a-minute-of-pause.ts", _ALL)
def _pause(shop: Workshop, path: Path) -> None:
    _two(shop, path, {}, {}, after=60)


@KIND("8-s-of-pause.ts", replace(_ALL, seconds=(14,), heard=14, damaged=True))
def _short_pause(shop: Workshop, path: Path) -> None:
    # The signal may have been lost as well: it is told, and no reason to refuse the film.
    _two(shop, path, {}, {}, after=8)


@KIND("turned-midway.ts", _CROPPED)
def _turned(shop: Workshop, path: Path) -> None:
    _two(shop, path, {}, {"filters": _TURNED})


@KIND("turned-back-midway.ts", _CROPPED)
def _turned_back(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"filters": _TURNED}, {})


@KIND("turned-and-fewer-channels.ts", _CROPPED)
def _turned_and_fewer(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"channels": "5.1"}, {"filters": _TURNED, "channels": "stereo"})


@KIND("smaller-midway.ts", _ALL)
def _smaller(shop: Workshop, path: Path) -> None:
    _two(shop, path, {}, {"size": "320x180"})


@KIND("larger-midway.ts", replace(_ALL, sizes=((640, 360),)))
def _larger(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"size": "320x180"}, {"size": "640x360"})


@KIND("wide-to-narrow.ts", _ALL)
def _narrow(shop: Workshop, path: Path) -> None:
    bars = f"pad=640:480:0:60,{TO_BT709}"
    _two(shop, path, {}, {"filters": bars})


@KIND("pixel-shape-midway.ts", _ALL)
def _pixels(shop: Workshop, path: Path) -> None:
    tall = f"{TO_BT709},scale=480:360,setsar=4/3"
    _two(shop, path, {}, {"filters": tall})


@KIND("mpeg2-pixel-shape-midway.ts", _ALL)
def _pixels_mpeg2(shop: Workshop, path: Path) -> None:
    mpeg2 = {"video": ("-c:v", "mpeg2video", "-q:v", "3")}
    wide = {"filters": f"{TO_BT709},scale=720:480,setsar=32/27", **mpeg2}
    narrow = {"filters": f"pad=640:480:0:60,{TO_BT709},scale=720:480,setsar=8/9", **mpeg2}
    _two(shop, path, wide, narrow)


_GROWN = replace(_ALL, heard=0, beeps=0, sizes=((640, 360),))


@KIND("vp8-smaller-midway.webm", _GROWN)
def _vp8(shop: Workshop, path: Path) -> None:
    _calls(shop, path, ("640x360", "320x180"))


# Calls begin small until the connection has shown what it can take.
@KIND("vp8-larger-midway.webm", _GROWN)
def _vp8_grows(shop: Workshop, path: Path) -> None:
    _calls(shop, path, ("320x180", "640x360"))


@KIND("vp8-larger-of-no-length.webm", _GROWN)
def _vp8_live(shop: Workshop, path: Path) -> None:
    # As browsers record it: neither length nor index.
    _calls(shop, path, ("320x180", "640x360"), "-live", "1")


def _calls(shop: Workshop, path: Path, sizes: tuple[str, str], *options: str) -> None:
    pieces = []
    for number, size in enumerate(sizes):
        piece = shop.place(f"piece{number}.webm")
        shop.film(piece, seconds=_HALF, heard=0, size=size, video=("-c:v", "libvpx", "-b:v", "1M",
                  "-deadline", "realtime", "-cpu-used", "8", "-g", "25"))  # fmt: skip
        pieces.append(piece)
    joined = shop.place("pieces.txt")
    joined.write_text("".join(f"file '{piece}'\n" for piece in pieces))
    shop.run("-f", "concat", "-safe", "0", "-i", str(joined), "-c", "copy", *options, str(path))


@KIND("rate-midway.ts", _ALL)
def _pictures_a_second(shop: Workshop, path: Path) -> None:
    _two(shop, path, {"rate": "25"}, {"rate": "50", "video": H264})
