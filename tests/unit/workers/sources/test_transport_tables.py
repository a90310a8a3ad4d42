"""Streams of joined recordings go on under the numbers that they began with."""

from io import BytesIO

from workers.formats.transport_tables import matched, renumber

Key = tuple[int, tuple[int, ...]]
VIDEO: Key = (0x1B, ())
SOUND: Key = (0x03, ())
OTHER: Key = (0x0F, ())


def packet(pid: int, payload: bytes = b"", start: int = 0) -> bytes:
    head = bytes([0x47, start << 6 | pid >> 8, pid & 0xFF, 0x10])
    return (head + (b"\0" if start else b"") + payload).ljust(188, b"\xff")


def table(kind: int, number: int, body: bytes) -> bytes:
    inner = number.to_bytes(2, "big") + b"\xc1\0\0" + body
    data = bytes([kind]) + (0xB000 | len(inner) + 4).to_bytes(2, "big") + inner
    return data + checksum(data).to_bytes(4, "big")


def checksum(data: bytes) -> int:
    """Divide bit by bit: of a table with its checksum it is 0."""
    value = 0xFFFFFFFF
    for bit in (byte >> at & 1 for byte in data for at in range(7, -1, -1)):
        high = value >> 31
        value = (value << 1 & 0xFFFFFFFF) ^ (0x04C11DB7 if high ^ bit else 0)
    return value


def number(value: int) -> bytes:
    return (0xE000 | value).to_bytes(2, "big")


def tables(program: int, at: int, streams: dict[int, int]) -> bytes:
    """Return the packets that say which program there is, and which types its streams have."""
    entries = b"".join(bytes([kind]) + number(pid) + b"\xf0\0" for pid, kind in streams.items())
    body = number(next(iter(streams))) + b"\xf0\0" + entries
    programs = table(0, 1, program.to_bytes(2, "big") + number(at))
    return packet(0, programs, 1) + packet(at, table(2, program, body), 1)


def renumbered(data: bytes, layout: tuple[int, int] = (188, 0)) -> bytes:
    file = BytesIO(data)
    renumber(file, layout)
    return file.getvalue()


FIRST = tables(1, 0x1000, {0x100: 0x1B, 0x101: 0x03}) + packet(0x100) + packet(0x101)


def test_what_goes_on_as_it_began_is_left_alone() -> None:
    assert renumber(BytesIO(FIRST * 3), (188, 0)) == 0
    assert renumber(BytesIO(b""), (188, 0)) == 0


def test_other_numbers() -> None:
    other = tables(1, 0x1000, {0x200: 0x1B, 0x201: 0x03}) + packet(0x200) + packet(0x201)
    assert renumbered(FIRST + other) == FIRST * 2


def test_another_program() -> None:
    other = tables(7, 0x1100, {0x200: 0x1B, 0x201: 0x03}) + packet(0x200) + packet(0x201)
    assert renumbered(FIRST + other) == FIRST * 2
    assert renumbered(FIRST + other + FIRST) == FIRST * 3


def test_exchanged_numbers() -> None:
    other = tables(1, 0x1000, {0x101: 0x1B, 0x100: 0x03}) + packet(0x101) + packet(0x100)
    assert renumbered(FIRST + other) == FIRST * 2


def test_what_is_between_packets_is_passed_over() -> None:
    other = tables(1, 0x1000, {0x200: 0x1B, 0x201: 0x03}) + packet(0x200) + packet(0x201)
    cut = FIRST[:-100] + b"\x47" * 3
    assert renumbered(cut + other + other) == cut + FIRST * 2


class Counted(BytesIO):
    """A file that counts the bytes that are read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


def test_a_file_of_gaps_is_read_once() -> None:
    other = tables(1, 0x1000, {0x200: 0x1B, 0x201: 0x03}) + packet(0x200)
    gaps = (packet(0x1FFF) * 2 + b"\x47" * 3) * 6000
    file = Counted(FIRST + gaps + other)
    assert renumber(file, (188, 0)) > 0
    assert file.getvalue() == FIRST + gaps + FIRST[:-188]
    assert file.taken < 1.2 * len(file.getvalue())


def test_what_is_behind_more_gaps_than_any_recording_has_is_left_alone() -> None:
    other = tables(1, 0x1000, {0x200: 0x1B, 0x201: 0x03}) + packet(0x200)
    data = FIRST + (packet(0x1FFF) * 2 + b"\x47" * 3) * 12_000 + other
    assert renumbered(data) == data


def test_packets_at_the_end_of_a_block_are_found() -> None:
    other = tables(1, 0x1000, {0x200: 0x1B, 0x201: 0x03}) + packet(0x200)
    for beyond in range(-400, 400, 7):
        rest = bytes(4096 * 188 - len(FIRST) + beyond)
        assert renumbered(FIRST + rest + other) == FIRST + rest + FIRST[:-188], beyond


def test_packets_with_a_time_before_them() -> None:
    def timed(data: bytes) -> bytes:
        return b"".join(b"time" + data[at : at + 188] for at in range(0, len(data), 188))

    other = tables(1, 0x1000, {0x200: 0x1B, 0x201: 0x03}) + packet(0x200)
    assert renumbered(timed(FIRST + other), (192, 4)) == timed(FIRST + FIRST[:-188])


def test_tables_that_are_changed_have_their_checksum() -> None:
    other = tables(1, 0x1000, {0x200: 0x1B, 0x201: 0x03, 0x202: 0x0F})
    changed = renumbered(FIRST + other)[-188:]
    assert changed != other[-188:]
    assert checksum(changed[5 : 5 + 3 + changed[7]]) == 0


def test_what_is_missing_goes_on_under_the_new_number() -> None:
    assert matched({1: VIDEO, 2: SOUND}, {1: VIDEO, 5: SOUND}) == {5: 2}
    two = {1: VIDEO, 2: SOUND, 3: SOUND}
    assert matched(two, {1: VIDEO, 8: SOUND, 9: SOUND}) == {8: 2, 9: 3}


def test_a_number_that_is_still_there_is_kept_and_what_is_new_is_added() -> None:
    first: dict[int, Key] = {1: VIDEO, 2: SOUND, 3: SOUND}
    assert matched(first, {1: VIDEO, 3: SOUND}) == {}
    assert matched(first, {1: VIDEO, 2: SOUND, 3: SOUND, 4: OTHER}) == {}
    assert matched(first, {1: VIDEO, 9: OTHER}) == {9: 4}


def test_another_kind_is_another_stream() -> None:
    first: dict[int, Key] = {1: VIDEO, 2: SOUND}
    (moved,) = matched(first, {1: VIDEO, 2: OTHER}).items()
    assert moved[0] == 2
    assert moved[1] not in {1, 2}
    assert matched(first, {1: VIDEO, 2: OTHER}) == dict([moved])


def test_private_streams_are_known_by_their_descriptors() -> None:
    dolby, text = (0x06, (0x6A,)), (0x06, (0x56,))
    assert matched({1: VIDEO, 2: text, 3: dolby}, {1: VIDEO, 8: dolby}) == {8: 3}
    # The same number may be described later only.
    assert matched({1: VIDEO, 2: (0x06, ())}, {1: VIDEO, 2: dolby}) == {}


def test_a_file_full_of_other_tables_is_left_alone_after_some() -> None:
    kinds = [
        tables(1, 0x1000, {0x100 + each: 0x1B, 0x101 + each: 0x80 + each % 64})
        for each in range(3000)
    ]
    # What is behind them is not looked at any more.
    other = tables(1, 0x1100, {0x700: 0x1B}) + packet(0x700)
    data = FIRST + b"".join(kinds) + packet(0x1FFF) * 5000 + other
    assert renumbered(data).endswith(other)
    assert not renumbered(FIRST + other).endswith(other)
