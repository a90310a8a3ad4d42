"""D: times of single pictures, of sound, or of a piece of a file that are broken."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.fidelity import ebml
from tests.fidelity.expect import Expect
from tests.fidelity.sample import Kind
from tests.fidelity.workshop import AAC, H264, Workshop

KIND = Kind("D clocks")
KINDS = (KIND,)
_S = 12
# One picture or one piece of sound may be gone.
_WHOLE = Expect(seconds=(_S,), heard=_S, flashes=_S, beeps=_S)
_LESS = Expect(seconds=(_S,), heard=_S, flashes=_S - 2, beeps=_S - 2, damaged=True)
_AHEAD = "setts=pts=PTS+eq(N\\,62)*{leap}/TB"
_WAV = ("-c:a", "pcm_s16le")
_SHORT = ("-cluster_time_limit", "1000")


def _picture(shop: Workshop, path: Path, leap: int, b_frames: int = 0) -> None:
    shop.film(path, "-bf", str(b_frames), "-bsf:v", _AHEAD.format(leap=leap), seconds=_S, audio=AAC)


for _leap, _suffix in ((1, "mp4"), (8, "mp4"), (8, "mov"), (8, "flv"), (40, "mp4"), (9000, "mp4")):
    KIND(f"picture-{_leap}-s-ahead.{_suffix}", _WHOLE)(partial(_picture, leap=_leap, b_frames=2))


# Without pictures that refer to later ones, those after it are one picture late: decoders then go
# by the times at which packets are decoded.
@KIND("picture-in-order-ahead.mp4", replace(_WHOLE, flashes=0, different=(298, 300)))
# The length in the header is that of the broken time.
@KIND("picture-in-order-ahead.mkv", replace(_WHOLE, flashes=0, different=(298, 300)))
def _in_order(shop: Workshop, path: Path) -> None:
    _picture(shop, path, leap=9000)


@KIND("second-last-ahead.mp4", replace(_WHOLE, flashes=0, seconds=(_S, _S - 0.04)))
def _near_the_end(shop: Workshop, path: Path) -> None:
    ahead = f"setts=pts=PTS+eq(N\\,{25 * _S - 2})*40/TB"
    shop.film(path, "-bf", "0", "-bsf:v", ahead, seconds=_S, audio=AAC)


@KIND("block-of-picture-8-s-ahead.mkv", _WHOLE)
@KIND("block-of-picture-8-s-ahead.webm", _WHOLE)
def _block(shop: Workshop, path: Path) -> None:
    video = H264 if path.suffix == ".mkv" else ("-c:v", "libvpx", "-deadline", "realtime")
    shop.film(path, seconds=_S, video=video, audio=("-c:a", "libopus"))
    ebml.move_block(path, 0, 62, 8)


@KIND("first-block-ahead.mkv", _WHOLE)
def _first(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=_S, audio=AAC)
    ebml.move_block(path, 0, 0, 8)


@KIND("blocks-of-sound-8-s-ahead.mkv", _WHOLE)
def _sound(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=_S, audio=AAC)
    for number in (70, 150):
        ebml.move_block(path, 1, number, 8)


@KIND("sound-ahead.mka", Expect(heard=_S, beeps=_S, disc=False))
def _sound_alone(shop: Workshop, path: Path) -> None:
    shop.run(*shop.beeps(_S), *AAC, str(path))
    ebml.move_block(path, 0, 70, 8)


# As recorders write it that take the time when data arrives, in bursts.
def _in_bursts(shop: Workshop, path: Path, pieces: int) -> None:
    early = f"setts=ts=PTS-mod(N\\,{pieces})*1024/48000/TB"
    shop.film(path, "-bsf:a", early, seconds=_S, audio=AAC)


for _pieces, _suffix in ((2, "flv"), (2, "mkv"), (5, "mkv"), (20, "mkv"), (20, "flv")):
    KIND(f"sound-in-bursts-of-{_pieces}.{_suffix}", replace(_WHOLE, in_step=(0, 0)))(
        partial(_in_bursts, pieces=_pieces)
    )


# One piece in 0.8 s comes late, and one or more after a stall of the network all at once.
_SPIKES = "PTS+eq(mod(N\\,38)\\,20)*0.3/TB"
_STALLS = "max(PTS\\,(floor((N-1)/100)*100+10)*1024/48000/TB*between(mod(N-1\\,100)\\,1\\,10))"
# Of packets of 20 ms by clocks of milliseconds, many are off by just 20 ms.
_JITTER = "PTS+mod(N*7919\\,31)/1000/TB-0.015/TB"


def _by_arrival(shop: Workshop, path: Path, times: str) -> None:
    audio = ("-c:a", "libopus") if times == _JITTER else AAC
    shop.film(path, "-bsf:a", f"setts=ts={times}", seconds=_S, audio=audio)


for _name, _times in (("spikes", _SPIKES), ("stalls", _STALLS), ("jitter", _JITTER)):
    KIND(f"sound-with-{_name}.mkv", _WHOLE)(partial(_by_arrival, times=_times))


@KIND("sound-of-one-time-for-2-s.mkv", replace(_WHOLE, beeps=_S - 3, flashes=0, damaged=True))
def _sound_stands(shop: Workshop, path: Path) -> None:
    stands = "setts=ts=PTS-between(N\\,200\\,299)*(N-200)*1024/48000/TB"
    shop.film(path, "-bsf:a", stands, seconds=_S, audio=AAC)


def _cluster(shop: Workshop, path: Path, leap: int) -> None:
    shop.film(path, *_SHORT, seconds=_S, video=(*H264, "-bf", "0"), audio=_WAV)
    ebml.move_cluster(path, 5, leap)


for _name, _leap in (("3-s-ahead", 3), ("50-s-ahead", 50), ("3-s-behind", -3)):
    KIND(f"cluster-{_name}.mkv", _LESS)(partial(_cluster, leap=_leap))


@KIND("blocks-behind.mkv", _WHOLE)
def _behind(shop: Workshop, path: Path) -> None:
    shop.film(path, seconds=_S, audio=AAC)
    ebml.move_block(path, 0, 130, -3)
    ebml.move_block(path, 1, 250, -3)


def _sent(shop: Workshop, path: Path, leap: int) -> None:
    ahead = f"setts=pts=PTS+eq(N\\,70)*{leap}/TB"
    shop.film(path, "-bsf:a", ahead, seconds=_S, audio=("-c:a", "mp2"))


for _suffix in ("ts", "mpg"):
    for _leap in (3, 3600):
        KIND(f"sound-{_leap}-s-ahead.{_suffix}", _WHOLE)(partial(_sent, leap=_leap))


# What a copy makes of a clock that has leapt and come back: all that follows has nearly one time.
@KIND("clock-stands.mkv", Expect(damaged=True, disc=False))
@KIND("clock-stands.mov", Expect(damaged=True, disc=False))
@KIND("clock-stands.mp4", Expect(damaged=True, disc=False))
def _stands(shop: Workshop, path: Path) -> None:
    ahead = "between(N\\,100\\,149)*20/TB"
    leap = f"setts=pts=PTS+{ahead}:dts=DTS+{ahead}"
    clock = ("-video_track_timescale", "600") if path.suffix == ".mov" else ()
    shop.film(path, "-bsf:v", leap, *clock, seconds=_S, audio=AAC)
