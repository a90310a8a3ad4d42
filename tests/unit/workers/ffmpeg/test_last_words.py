"""What a program said long ago is kept if it tells something, and not much of the rest."""

import pytest

from workers.ffmpeg.diagnose import (
    changes_size,
    complaint,
    diagnose,
    doubts,
    grows,
    has_lost_its_place,
    late_streams,
)
from workers.ffmpeg.last_words import LastWords

WARNING = "[tee @ 0x55d0] Non-monotonic DTS; previous: 123456, current: 123400\n"
DAMAGE = "[h264 @ 0x55d0] error while decoding MB 3 4, bytestream -5\n"
SIZE = 1000


def last_words(said: str, step: int = 77) -> str:
    words = LastWords(SIZE)
    data = said.encode()
    for at in range(0, len(data), step):
        words.feed(data[at : at + step])
    return words.text()


@pytest.mark.parametrize("step", [1, 77, 65536])
def test_a_complaint_is_kept_however_much_follows(step: int) -> None:
    words = last_words(WARNING + DAMAGE + WARNING * 200, step)
    assert words.startswith(DAMAGE)
    assert words.endswith(WARNING * 10)
    assert complaint(words) == "corrupt_media"


def test_each_sign_is_kept_beside_many_of_another() -> None:
    said = DAMAGE * 500 + "[in#0 @ 0x1] stream 1, offset 0x1f: partial file\n" + WARNING * 200
    words = last_words(said)
    assert has_lost_its_place(words)
    assert words.count(DAMAGE) < 40


def test_the_first_colours_do_not_hide_a_change_of_size() -> None:
    change = "Changing video frame properties on the fly: context - w: {} h: 9 fmt: 0 "
    change += "frame - w: 8 h: 9 x\n"
    words = last_words(change.format(8) * 50 + change.format(7) + change.format(8) * 50)
    assert changes_size(words)


def test_streams_that_came_late_larger_pictures_and_doubts_are_not_forgotten() -> None:
    change = "Changing video frame properties on the fly: context - w: 8 h: {} fmt: 0 "
    change += "frame - w: 8 h: 9 x\n"
    said = (
        "[in#0/mpegts @ 0x1] New audio stream with index 2 at pos:1234 and DTS:1.5s\n"
        + change.format(10) * 50
        + change.format(7)
        + "[aac @ 0x1] Input buffer exhausted before END element found\n"
    )
    words = last_words(said + WARNING * 200)
    assert late_streams(words) == (("audio", 1234),)
    assert grows(words)
    assert doubts(words)


def test_trouble_of_the_machine_is_not_forgotten() -> None:
    said = "[out#0] Error writing trailer: No space left on device\n" + DAMAGE * 200
    assert diagnose(1, last_words(said)).code == "storage_error"


def test_a_line_that_is_cut_counts_once() -> None:
    for length in range(len(DAMAGE)):
        words = last_words(DAMAGE + "x" * (SIZE - length) + "\n")
        assert words.count("error while decoding") == 1, length


def test_short_words_and_one_endless_line_are_kept_as_they_are() -> None:
    assert last_words("spam\nthe end\n") == "spam\nthe end\n"
    assert last_words("spam" * 5000 + "the end")[-7:] == "the end"
    assert len(last_words("spam" * 5000)) == SIZE
