"""What a longer film asks is computed from one that was counted."""

from dataclasses import replace

import pytest

from bench.counting.formula import (
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
BEATS = Beats(tells=10, leases=2, told=15, looks=3)
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
        Key("redis", "", "hexists"): 7,
        Key("postgres", "worker", "UPDATE job_tasks SET lease_until=(now() + $1::INTERVAL)"): 5,
        Key("postgres", "worker", "UPDATE job_tasks SET state=$1::VARCHAR"): 2,
        Key("postgres", "api", "SELECT videos.id, videos.version, videos.updated_at > now()"): 3,
        Key("postgres", "api", "SELECT videos.id, videos.user_id, videos.title, videos.state"): 9,
        Key("postgres", "api", "SELECT videos.id, videos.user_id, videos.state FROM videos"): 4,
    })  # fmt: skip
    assert beats_in(counts) == Beats(tells=7, leases=5, told=9, looks=3)


def test_a_longer_encoding_asks_by_the_clock() -> None:
    assert beats_for(3000, 1.0, 5) == Beats(tells=3000, leases=150, told=5, looks=600)


def test_each_page_that_is_open_looks_for_itself() -> None:
    none, three = beats_for(100, 1.0, 5, pages=0), beats_for(100, 1.0, 5, pages=3)
    assert (none.told, none.looks) == (0, 0)
    assert (three.told, three.looks) == (15, 60)
    assert none.tells == three.tells


def test_each_kind_of_beat_asks_for_its_own() -> None:
    none = Beats(0, 0, 0, 0)
    assert asked(replace(none, leases=2)) == {
        "statements": 2, "transactions": 2, "writes": 2, "redis": 0, "sqs": 0
    }  # fmt: skip
    assert asked(replace(none, tells=2))["redis"] == 12
    assert asked(replace(none, told=2))["statements"] == 2
    assert asked(replace(none, looks=2))["redis"] == 2


def test_a_film_with_the_same_beats_and_sizes_has_the_same_counts() -> None:
    assert computed(BASE, BEATS, SIZES, BEATS, SIZES) == BASE


def test_more_beats_and_more_parts_ask_for_more() -> None:
    more = replace(BEATS, tells=110, leases=7, told=115)
    long = computed(BASE, BEATS, SIZES, more, Sizes(129 * MIB, SIZES.renditions))
    # 17 parts are signed in three requests instead of one: 8, 5 and 4.
    assert long["postgres"] == {"statements": 227, "transactions": 187, "writes": 59}
    assert long["redis"]["commands"] == 646
    assert long["api"]["requests"] == 10
    assert long["sqs"] == BASE["sqs"]


@pytest.mark.parametrize("count", [1, 7, 8, 9, 13, 14, 1000])
def test_each_part_is_signed_once(count: int) -> None:
    asked_for = windows(count)
    assert [number for window in asked_for for number in window] == list(range(1, count + 1))
    assert len(asked_for[0]) == min(8, count)
    assert all(1 <= len(window) <= 5 for window in asked_for[1:])


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
