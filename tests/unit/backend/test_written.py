"""Lists of complete films are written once, and not all are remembered."""

from collections.abc import Callable

import pytest

from backend.playback.written import WrittenLists, tagged


@pytest.fixture
def written() -> list[str]:
    return []


@pytest.fixture
def write(written: list[str]) -> Callable[[str], Callable[[], str]]:
    """Return what writes a list, and notes that it did."""

    def of(text: str) -> Callable[[], str]:
        def write() -> str:
            written.append(text)
            return text

        return write

    return of


async def test_one_is_written_once(
    written: list[str], write: Callable[[str], Callable[[], str]]
) -> None:
    lists = WrittenLists()
    first = await lists.get("film", write("one"))
    again = await lists.get("film", write("another"))
    other = await lists.get("other", write("two"))
    assert first == again == tagged("one")
    assert other.tag != first.tag
    assert written == ["one", "two"]


async def test_those_asked_for_last_are_remembered(
    written: list[str], write: Callable[[str], Callable[[], str]]
) -> None:
    lists = WrittenLists(most_bytes=8)
    for text in ("aaaa", "bbbb", "aaaa", "cccc", "aaaa", "bbbb"):
        await lists.get(text, write(text))
    assert written == ["aaaa", "bbbb", "cccc", "bbbb"]
    # One that is larger than all that may be remembered is written each time.
    for _ in range(2):
        await lists.get("large", write("too large"))
    assert written[4:] == ["too large"] * 2


async def test_what_fails_is_not_remembered(write: Callable[[str], Callable[[], str]]) -> None:
    lists = WrittenLists()

    def fail() -> str:
        raise LookupError

    with pytest.raises(LookupError):
        await lists.get("film", fail)
    assert await lists.get("film", write("one")) == tagged("one")
