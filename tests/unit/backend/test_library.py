"""What a stream of all videos takes for news."""

import uuid

from backend.events import library
from backend.events.library import Library
from backend.events.stream import heal_s
from core.events import VideoEvent

USER, A, B = (uuid.UUID(int=number) for number in range(3))


def word(video_id: uuid.UUID, version: int) -> VideoEvent:
    return VideoEvent(USER, video_id, version)


def test_only_what_is_newer_than_was_told_is_news() -> None:
    known = Library()
    known.begin([(A, 3)])
    assert [known.is_news(word(A, version)) for version in (2, 3, 4)] == [False, False, True]
    assert known.is_news(word(B, 1))
    assert known.changed([(A, 3), (B, 1)]) == [B]
    assert known.changed([(A, 4)]) == [A]
    assert known.take(A, 5)
    assert not known.take(A, 5)
    assert not known.is_news(word(A, 5))


def test_what_must_be_told_is_told_once_whatever_its_version() -> None:
    known = Library()
    known.begin([(A, 3)])
    known.must_tell([A])
    assert known.take(A, 3)
    assert not known.take(A, 3)


def test_a_deletion_is_told_once_and_never_with_a_lower_version() -> None:
    known = Library()
    known.begin([(A, 3), (B, 7)])
    assert known.missing({B}) == {A}
    told = known.end(A, None)  # the row is gone
    assert told is not None
    assert told.version == 4
    assert known.missing({B}) == set()
    assert known.end(A, None) is None
    assert known.end(A, 4) is None
    assert not known.is_news(word(A, 4))
    told = known.end(B, 9)
    assert told is not None
    assert told.version == 9


def test_nothing_is_told_of_what_nobody_knew_and_is_not_there() -> None:
    assert Library().end(A, None) is None
    told = Library().end(A, 2)  # begun and deleted between two looks
    assert told is not None
    assert told.version == 2


def test_deletions_are_remembered_up_to_a_number() -> None:
    known = Library()
    for number in range(library._MOST_GONE + 5):
        known.end(uuid.UUID(int=number + 10), 1)
    assert len(known._gone) == library._MOST_GONE


def test_who_has_very_many_videos_is_looked_through_less_often() -> None:
    assert [heal_s(known) for known in (0, 5_000, 20_000, 10**7)] == [5.0, 5.0, 20.0, 60.0]
