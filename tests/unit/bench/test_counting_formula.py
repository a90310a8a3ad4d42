"""What a longer film asks is computed from one that was counted."""

from dataclasses import replace

import pytest

from bench.counting.formula import (
    STEPS,
    Beats,
    Sizes,
    asked,
    beats_for,
    beats_in,
    computed,
    requests_for,
    windows,
)
from bench.counting.tally import Counts, Key

MIB = 1024**2
BEATS = Beats(writing=10, reading=2, told=15, looks=3, extended=1)
SIZES = Sizes(7 * MIB, (2 * MIB, MIB))
BASE = {
    "postgres": {"statements": 120, "transactions": 80, "writes": 54},
    "redis": {"commands": 44},
    "sqs": {"requests": 4, "messages": 1},
    "s3": requests_for(SIZES),
    "api": {"requests": 8},
}


def test_the_beats_of_a_film_are_found_by_their_statements() -> None:
    counts = Counts({
        Key("postgres", "worker", "UPDATE jobs SET stage=$1::VARCHAR, progress=greatest()"): 7,
        Key("postgres", "worker", "UPDATE jobs SET state=$1::VARCHAR, stage=$2::VARCHAR"): 2,
        Key("postgres", "worker", "SELECT tasks.id FROM tasks WHERE tasks.id = $1::UUID"): 5,
        Key("postgres", "worker", "SELECT tasks.id FROM tasks WHERE tasks.state = $1"): 1,
        Key("postgres", "api", "SELECT videos.id FROM videos WHERE videos.user_id = $1"): 3,
        Key("postgres", "api", "SELECT videos.id, videos.version FROM videos WHERE"): 9,
        Key("sqs", "worker", "ChangeMessageVisibility"): 4,
    })  # fmt: skip
    assert beats_in(counts) == Beats(writing=7, reading=5, told=9, looks=3, extended=4)


def test_no_more_beats_write_than_there_are_steps_of_progress() -> None:
    short, long = beats_for(100, 1.0), beats_for(3000, 1.0)
    assert (short.writing, short.reading) == (100, 0)
    assert (long.writing, long.reading) == (STEPS, 3000 - STEPS)
    assert (long.told, long.looks) == (STEPS, 600)
    assert long.extended == 150


def test_each_page_that_is_open_looks_for_itself() -> None:
    none, three = beats_for(100, 1.0, 5, pages=0), beats_for(100, 1.0, 5, pages=3)
    assert (none.told, none.looks) == (0, 0)
    assert (three.told, three.looks) == (315, 60)
    assert none.writing == three.writing


def test_each_kind_of_beat_asks_for_its_own() -> None:
    none = Beats(0, 0, 0, 0, 0)
    assert asked(replace(none, writing=2)) == {
        "statements": 6, "transactions": 2, "writes": 6, "redis": 2, "sqs": 0
    }  # fmt: skip
    assert asked(replace(none, reading=2))["statements"] == 2
    assert asked(replace(none, told=2))["statements"] == 4
    assert asked(replace(none, looks=2))["redis"] == 2
    assert asked(replace(none, extended=2))["sqs"] == 2


def test_a_film_with_the_same_beats_and_sizes_has_the_same_counts() -> None:
    assert computed(BASE, BEATS, SIZES, BEATS, SIZES) == BASE


def test_more_beats_and_more_parts_ask_for_more() -> None:
    more = replace(BEATS, writing=110, told=115)
    long = computed(BASE, BEATS, SIZES, more, Sizes(129 * MIB, SIZES.renditions))
    # 17 parts are signed in three requests instead of one: 8, 5 and 4.
    assert long["postgres"] == {"statements": 622, "transactions": 382, "writes": 354}
    assert long["redis"]["commands"] == 146
    assert long["api"]["requests"] == 10
    assert long["sqs"] == BASE["sqs"]


@pytest.mark.parametrize("count", [1, 7, 8, 9, 13, 14, 1000])
def test_each_part_is_signed_once(count: int) -> None:
    asked_for = windows(count)
    assert [number for window in asked_for for number in window] == list(range(1, count + 1))
    assert len(asked_for[0]) == min(8, count)
    assert all(1 <= len(window) <= 5 for window in asked_for[1:])


def test_a_rendition_less_is_a_row_less() -> None:
    one = computed(BASE, BEATS, SIZES, BEATS, Sizes(SIZES.source, SIZES.renditions[:1]))
    assert one["postgres"] == {"statements": 119, "transactions": 80, "writes": 53}


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        # 7 MiB are one part and one range; both renditions and the poster and log are put whole.
        (SIZES, {"UploadPart": 1, "GET": 2, "PUT": 4, "CreateMultipartUpload": 1, "HEAD": 4}),
        # 100 MiB are 13 parts of 8 MiB, as many ranges, head and tail; 40 MiB are three parts of
        # 16 MiB.
        (
            Sizes(100 * MIB, (40 * MIB, MIB)),
            {
                "UploadPart": 16,
                "LIST": 1,
                "GET": 16,
                "PUT": 3,
                "CreateMultipartUpload": 2,
                "HEAD": 4,
            },
        ),
        # Beyond 1,000 parts they grow; a range is a sixteenth until it is 256 MiB.
        (
            Sizes(16_000 * MIB, (MIB,)),
            {"UploadPart": 1000, "GET": 66, "PUT": 3, "LIST": 1, "CompleteMultipartUpload": 1},
        ),
    ],
)
def test_requests_to_s3_follow_from_sizes(sizes: Sizes, expected: dict[str, int]) -> None:
    found = requests_for(sizes)
    assert {name: found[name] for name in expected} == expected
