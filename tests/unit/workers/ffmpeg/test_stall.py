"""When a process counts as standing still."""

import os
from pathlib import Path

from workers.ffmpeg.stall import Signs, StallClock, look

LIMIT_S = 60.0


def file(size: int, changed: int) -> Signs:
    return Signs(frozenset({("film.mp4", size, changed)}))


def stops_at(seen: list[Signs], moves_until: int) -> float:
    """Return when a process is given up that is looked at whenever the clock asks for it."""
    clock = StallClock(LIMIT_S, 0.0)
    for _ in range(10_000):
        now = clock.look_at
        clock.looked(seen[min(int(now), moves_until) % len(seen)], now)
        if clock.stands_still(now):
            return now
    raise AssertionError("never")


def test_what_never_moves_is_given_up_at_the_limit() -> None:
    assert stops_at([file(0, 0)], 0) == LIMIT_S


def test_files_that_change_are_progress_until_they_do_not() -> None:
    for signs in (
        [file(size, 0) for size in range(4000)],
        [file(7, changed) for changed in range(4000)],
        [Signs(stored=(read, 0)) for read in range(4000)],
        [Signs(stored=(0, written)) for written in range(4000)],
        [Signs(taken=taken) for taken in range(4000)],
    ):
        given_up = stops_at(signs, 3600)
        assert 3600 + LIMIT_S <= given_up <= 3600 + LIMIT_S + LIMIT_S / 6


def test_the_first_look_is_no_progress() -> None:
    clock = StallClock(LIMIT_S, 0.0)
    clock.looked(file(7, 7), 59.0)
    assert clock.deadline == LIMIT_S


def test_only_a_report_that_moves_is_progress() -> None:
    clock = StallClock(LIMIT_S, 0.0)
    for now, place, deadline in [(1, (0.5, 7), 61), (2, (0.5, 7), 61), (3, (0.5, 8), 63)]:
        clock.reported(*place, done=False, now=now)
        assert clock.deadline == deadline
    clock.reported(0.5, 8, done=True, now=4)
    assert clock.deadline == 64


def test_what_is_gone_or_never_was_is_not_seen(tmp_path: Path) -> None:
    assert look(2**22 + 1, tmp_path / "nothing") == Signs()
    assert look(os.getpid(), None).files == frozenset()


def test_a_file_that_is_written_over_is_seen(tmp_path: Path) -> None:
    made = tmp_path / "film.mp4"
    made.write_bytes(b"before")
    os.utime(made, ns=(0, 0))
    before = look(os.getpid(), tmp_path)
    with made.open("r+b") as opened:
        opened.write(b"after!")
    assert look(os.getpid(), tmp_path).files != before.files
