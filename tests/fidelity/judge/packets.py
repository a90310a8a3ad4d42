"""Lists of packets, as FFmpeg's `framecrc` writes them: what is decoded, and when it comes."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Packet:
    """Time stamp and length in `clock` seconds."""

    at: int
    length: int
    clock: float


def packets_of(text: str) -> tuple[Packet, ...]:
    """Read a list of one stream."""
    lines = text.splitlines()
    clock = next((line.split()[-1] for line in lines if line.startswith("#tb 0:")), "1/1")
    seconds = float(Fraction(clock))
    fields = [line.split(",") for line in lines if not line.startswith("#")]
    return tuple(Packet(int(each[2]), int(each[3]), seconds) for each in fields)


def times_of(packets: Sequence[Packet]) -> tuple[float, ...]:
    """Return when each one comes, in seconds."""
    return tuple(packet.at * packet.clock for packet in packets)


def last_stands(packets: Sequence[Packet]) -> float:
    """Return for how many seconds the last one is shown, 0 if that is not said."""
    return packets[-1].length * packets[-1].clock if packets else 0.0


def placed(samples: "array[int]", packets: Sequence[Packet]) -> "array[int]":
    """Put samples where the times of their packets say; silence is between them."""
    end = max((packet.at + packet.length for packet in packets), default=0)
    whole, done = array("h", bytes(2 * max(end, 0))), 0
    for packet in packets:
        piece = samples[done : done + packet.length]
        whole[max(packet.at, 0) : max(packet.at, 0) + len(piece)] = piece
        done += packet.length
    return whole
