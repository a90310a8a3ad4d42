"""Tables of MPEG transport streams, which tell what is in which packets.

Where recordings were joined, tables and streams may have other numbers (PIDs) from there on. They
are given those of the beginning, as no player looks for them elsewhere.

Source: ISO/IEC 13818-1, 2.4.3 (packets), 2.4.4 (tables) and annex A (their checksum).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

_LENGTH = 188
_SYNC = 0x47
_BLOCK = 4096  # packets that are looked at in one go
_PAT, _PMT = 0x00, 0x02  # table ids
_PRIVATE = 0x06  # what it is, descriptors tell
# Two names of one kind: of MPEG video and of MPEG audio.
_ALIASES = {0x01: 0x02, 0x04: 0x03}
_HIGHEST = 0x1FFE
# A broadcast may change its tables each minute, and has dozens of streams. What goes beyond this is
# left as it is: each change takes time, the more streams there were before the longer.
_MOST_CHANGES, _MOST_STREAMS = 1_000, 512
_MOST_GAPS = 10_000  # places where packets do not follow each other; likewise

# A type of stream, and the tags of its descriptors where it takes them to know it.
_Key = tuple[int, tuple[int, ...]]


def renumber(file: IO[bytes], layout: tuple[int, int]) -> int:
    """Give all streams the numbers that they have at the beginning of the file, in place.

    Args:
        file: is read and written.
        layout: bytes of a packet with all that is before it, and how many those are.

    Returns:
        How many packets have another number now.
    """
    numbers, changed = _Numbers(), 0
    for at, block in _blocks(file, *layout):
        if count := numbers.apply(block, *layout):
            changed += count
            file.seek(at)
            file.write(block)
    return changed


def _blocks(file: IO[bytes], length: int, offset: int) -> Iterator[tuple[int, bytearray]]:
    """Yield whole packets and where they are; what is none is passed over."""
    at = gaps = 0
    pair = re.compile(rb"\x%02x(?=.{%d}\x%02x)" % (_SYNC, length - 1, _SYNC), re.DOTALL)
    while True:
        file.seek(at)
        block = bytearray(file.read(_BLOCK * length))
        if len(block) < length:
            return
        done = 0
        # What was read is not read again for each gap in it.
        while (count := (len(block) - done) // length) > 0:
            marks = block[done + offset : done + count * length : length]
            good = count - len(marks.lstrip(bytes([_SYNC])))
            if good:
                yield at + done, block[done : done + good * length]
                done += good * length
            elif done and count < 3:
                break  # it may go on behind the block
            elif gaps == _MOST_GAPS:
                return
            else:
                gaps += 1
                found = pair.search(block, done + 1 + offset)
                last = len(block) - length - offset
                done = found.start() - offset if found else max(last, done + length)
        at += done


@dataclass
class _Numbers:
    """Which numbers there were at first, and which stand for them now.

    Attributes:
        programs: the stream of the table of each program.
        streams: those of each program, and what they are.
        same: program now, and what it was at first.
        tables: the streams of tables now.
        moved: streams now, and the number of each at first; by program.
        seen: the last table of each stream, and what came of it.
        changes: how often a table was another one than before.
    """

    programs: dict[int, int] = field(default_factory=dict)
    streams: dict[int, dict[int, _Key]] = field(default_factory=dict)
    same: dict[int, int] = field(default_factory=dict)
    tables: set[int] = field(default_factory=set)
    moved: dict[int, dict[int, int]] = field(default_factory=dict)
    seen: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    changes: int = 0

    def apply(self, block: bytearray, length: int, offset: int) -> int:
        """Change the numbers in packets; return of how many."""
        changed = 0
        moved = self._all()
        if self.changes >= _MOST_CHANGES:
            return 0
        pairs = zip(block[offset + 1 :: length], block[offset + 2 :: length], strict=False)
        for number, (high, low) in enumerate(pairs):
            pid = (high & 0x1F) << 8 | low
            if pid and pid not in moved and pid not in self.tables:
                continue
            at = number * length + offset
            if not pid or pid in self.tables:
                changed += self._table(pid, block, at)
                moved = self._all()
            if pid in moved:
                new = moved[pid]
                block[at + 1 : at + 3] = bytes([high & 0xE0 | new >> 8, new & 0xFF])
                changed += 1
        return changed

    def _all(self) -> dict[int, int]:
        return {pid: new for each in self.moved.values() for pid, new in each.items()}

    def _table(self, pid: int, block: bytearray, at: int) -> int:
        """Read a table, and write it with the first numbers; return whether it is another now."""
        packet = bytes(block[at : at + _LENGTH])
        start, end = _section(packet)
        old = packet[start:end]
        if not old or old[0] != (_PMT if pid else _PAT):
            return 0
        before, new = self.seen.get(pid, (b"", b""))
        if before != old:
            if self.changes >= _MOST_CHANGES:
                return 0
            self.changes += 1
            new = self._programs(old) if not pid else self._streams(old, pid)
            self.seen[pid] = old, new
        block[at + start : at + end] = new
        return int(old != new)

    def _programs(self, old: bytes) -> bytes:
        """Take the list of programs."""
        entries = {_number(old, at): _pid(old, at + 2) for at in range(8, len(old) - 7, 4)}
        now = {number: pid for number, pid in entries.items() if number}
        self.programs = self.programs or dict(now)
        gone = [number for number in self.programs if number not in now]
        self.same = {}
        for number, pid in now.items():
            new = number not in self.programs and bool(gone)
            self.same[number] = gone.pop(0) if new else number
            self.programs.setdefault(self.same[number], pid)
        self.tables = set(now.values())
        self.moved = {number: self.moved.get(number, {}) for number in now}
        self.seen = {}
        for number, pid in now.items():
            self._move(number, pid, self.programs[self.same[number]])
        table = bytearray(old)
        for at in range(8, len(old) - 7, 4):
            if (number := _number(old, at)) in self.same:
                first = self.same[number]
                table[at : at + 2] = first.to_bytes(2, "big")
                _put(table, at + 2, self.programs[first])
        return old if table == old else _sealed(table)

    def _move(self, number: int, pid: int, new: int) -> None:
        if pid != new:
            self.moved[number][pid] = new

    def _streams(self, old: bytes, pid: int) -> bytes:
        """Take the list of a program's streams."""
        number = _number(old, 3)
        if number not in self.same:
            return old
        first = self.same[number]
        places = list(_entries(old))
        now = {_pid(old, at + 1): _key(old, at, end) for at, end in places}
        moved = matched(self.streams.setdefault(first, {}), now)
        self.moved[number] = moved
        table = bytearray(old)
        # The stream that has the clock, and all others.
        for at in (8, *(at + 1 for at, _ in places)):
            _put(table, at, moved.get(_pid(old, at), _pid(old, at)))
        table[3:5] = first.to_bytes(2, "big")
        self._move(number, pid, self.programs[first])
        return old if table == old else _sealed(table)


def matched(first: dict[int, _Key], now: dict[int, _Key]) -> dict[int, int]:
    """Say which of the first streams the new ones go on with, and add what is new to those.

    What has its number still is the same. What has another one is the first one of its kind that
    is missing now.
    """
    kept = {pid for pid, key in now.items() if pid in first and first[pid][0] == key[0]}
    gone = [pid for pid in first if pid not in kept]
    moved = {}
    for pid, key in now.items():
        if pid in kept:
            continue
        other = next((each for each in gone if first[each] == key), None)
        if other is not None:
            gone.remove(other)
        else:
            # Of another kind than what had this number, it must not be taken for that.
            taken = first.keys() | now.keys()
            free = (each for each in range(_HIGHEST, 0, -1) if each not in taken)
            other = next(free) if pid in first else pid
            if len(first) >= _MOST_STREAMS:
                continue
            first[other] = key
        if other != pid:
            moved[pid] = other
    return moved


def _section(packet: bytes) -> tuple[int, int]:
    """Return where the table is that begins and ends in a packet; nothing is at its end."""
    begins, fields = bool(packet[1] & 0x40), packet[3] >> 4 & 3
    at = 4 + (1 + packet[4] if fields == 3 else 0)
    if not begins or not fields & 1 or at >= len(packet):
        return 0, 0
    at += 1 + packet[at]
    if at + 12 > len(packet):
        return 0, 0
    end = at + 3 + (_number(packet, at + 1) & 0x0FFF)
    return (at, end) if at + 12 <= end <= len(packet) else (0, 0)


def _entries(table: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the entries of a program's streams begin and end."""
    at, last = 12 + (_number(table, 10) & 0x0FFF), len(table) - 4
    while at + 5 <= last:
        end = at + 5 + (_number(table, at + 3) & 0x0FFF)
        yield at, min(end, last)
        at = end


def _key(table: bytes, at: int, end: int) -> _Key:
    kind = _ALIASES.get(table[at], table[at])
    tags, at = [], at + 5
    while kind == _PRIVATE and at + 2 <= end:
        tags.append(table[at])
        at += 2 + table[at + 1]
    return kind, tuple(sorted(tags))


def _number(data: bytes | bytearray, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _pid(data: bytes, at: int) -> int:
    return _number(data, at) & 0x1FFF


def _put(table: bytearray, at: int, pid: int) -> None:
    table[at : at + 2] = (_number(table, at) & 0xE000 | pid).to_bytes(2, "big")


def _sealed(table: bytearray) -> bytes:
    """Return a table with its checksum."""
    value = 0xFFFFFFFF
    for byte in table[:-4]:
        value ^= byte << 24
        for _ in range(8):
            value = value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)
            value &= 0xFFFFFFFF
    return bytes(table[:-4]) + value.to_bytes(4, "big")
