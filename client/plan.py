"""Which parts of a file still have to be sent. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from client.models import HeldPart, Upload


@dataclass(frozen=True)
class Plan:
    """What is left to do for an upload.

    Attributes:
        lacking: the numbers of the parts to send, in order.
        etags: of the parts that the store has, by number.
        held_bytes: how much of the file the store has.
    """

    lacking: tuple[int, ...]
    etags: dict[int, str]
    held_bytes: int


def part_size(upload: Upload, number: int) -> int:
    """Return the exact size in bytes of part `number`, which counts from 1."""
    return min(upload.part_size, upload.size - (number - 1) * upload.part_size)


def plan(upload: Upload, held: Iterable[HeldPart]) -> Plan:
    """Compare what the store has with what the file needs; a part of another size is sent again."""
    fitting = {
        part.number: part.etag
        for part in held
        if 1 <= part.number <= upload.part_count and part.size == part_size(upload, part.number)
    }
    lacking = tuple(n for n in range(1, upload.part_count + 1) if n not in fitting)
    return Plan(lacking, fitting, sum(part_size(upload, number) for number in fitting))
