"""H.264 that players take is told from other, and no bytes can do more than be refused."""

import random

import pytest

from workers.formats.h264 import Sps, parameter_sets, read_avcc, see_pictures
from workers.formats.known import Doubt

# Of x264: High at level 3, 640 x 480, one SPS and one PPS.
AVCC = bytes.fromhex(
    "0164001effe100196764001eacd940a03db011000003000100000300320f162d9601000468ef8fcbfdf8f800"
)


def slices(*kinds: int, size: int = 20) -> bytes:
    """Return a picture of NAL units of these types."""
    return b"".join(size.to_bytes(4, "big") + bytes([kind]) + bytes(size - 1) for kind in kinds)


def test_a_configuration_tells_profile_level_and_size() -> None:
    assert read_avcc(AVCC) == Sps(100, 30, 640, 480)
    assert {nal[0] & 31 for nal in parameter_sets(AVCC)} == {7, 8}


@pytest.mark.parametrize(
    ("at", "value", "why"),
    [
        (0, 2, "configuration is invalid"),
        (5, 0xE2, "2 sequence parameter sets"),
        (9, 110, "profile is 110"),  # High 10
        (9, 66, "profile is 66"),  # Baseline, of which nothing says that it is constrained
        (11, 52, "level 52"),
    ],
)
def test_another_configuration_is_refused(at: int, value: int, why: str) -> None:
    data = bytearray(AVCC)
    data[at] = value
    with pytest.raises(Doubt, match=why):
        read_avcc(bytes(data))


@pytest.mark.parametrize(
    ("pictures", "why"),
    [
        ([(1,)], "does not begin with an IDR"),
        ([(5,), (6, 1)], "NAL unit of type 6"),
        ([(5,), (20,)], "NAL unit of type 20"),
        ([(7, 5)], "parameter sets change"),
        ([(5,), ()], "empty"),
    ],
)
def test_pictures_that_hold_something_else_are_refused(
    pictures: list[tuple[int, ...]], why: str
) -> None:
    made = [slices(*kinds) for kinds in pictures]
    with pytest.raises(Doubt, match=why):
        see_pictures(b"".join(made), 0, [len(each) for each in made], parameter_sets(AVCC))


def test_the_parameter_sets_of_the_header_may_be_repeated() -> None:
    sets = sorted(parameter_sets(AVCC))
    first = b"".join(len(each).to_bytes(4, "big") + each for each in sets) + slices(5, 5)
    others = [slices(1), slices(1, 1)]
    sizes = [len(first), *map(len, others)]
    see_pictures(b"head" + first + b"".join(others), 4, sizes, frozenset(sets))


@pytest.mark.parametrize(
    "data", [b"\0\0\0\0", b"\0\0\0\x09\x65", b"\xff\xff\xff\xff\x65", b"\0\0\0\1\x65\0"]
)
def test_parts_that_do_not_fill_a_picture_are_refused(data: bytes) -> None:
    with pytest.raises(Doubt):
        see_pictures(data, 0, [len(data)], frozenset())


def test_no_bytes_do_more_than_be_refused() -> None:
    chance, refused = random.Random(5), 0
    for _ in range(3000):
        data = bytearray(AVCC)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            read_avcc(bytes(data[: chance.randint(5, len(data))]))
            parameter_sets(bytes(data))
        except Doubt:
            refused += 1
    assert 1000 < refused < 3000
