from typing import Any

import pytest

from embedded.errors import StackError
from embedded.waiting import Waiting


class Clock:
    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        patch.setattr("embedded.waiting.time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def queued(reason: str | None) -> dict[str, Any]:
    return {"state": "queued", "queue": {"reason": reason, "message": f"because of {reason}"}}


def waits(
    clock: Clock, videos: list[dict[str, Any] | Exception | None], shortage: str | None = None
) -> list[str | None]:
    """Look once every ten seconds, with a limit of 15."""

    def newest() -> dict[str, Any] | None:
        video = videos.pop(0)
        if isinstance(video, Exception):
            raise video
        return video

    waiting = Waiting(newest, lambda: shortage, limit=15)
    found = []
    while videos:
        found.append(waiting.look())
        clock.now += 10
    return found


@pytest.mark.parametrize("reason", ["no_room", "no_worker"])
def test_what_nobody_mends_ends(
    clock: Clock, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert waits(clock, [queued(reason)] * 3) == [
        None, None, f"The video has waited for 20 s: because of {reason}",
    ]  # fmt: skip
    assert capsys.readouterr().err == f"The video waits: because of {reason}\n"


@pytest.mark.parametrize(
    "video",
    [queued("busy"), queued(None), {"state": "queued"}, {"state": "processing"}, None],
)
def test_what_ends_by_itself_does_not(clock: Clock, video: dict[str, Any] | None) -> None:
    assert waits(clock, [video] * 5) == [None] * 5


def test_the_time_begins_anew_when_it_went_on_between(clock: Clock) -> None:
    videos = [queued("no_room"), queued("no_room"), queued(None), queued("no_room"), None]
    assert waits(clock, [*videos]) == [None] * 5


def test_an_api_that_does_not_answer_says_nothing_about_the_film(clock: Clock) -> None:
    away = StackError("no answer")
    found = waits(clock, [queued("no_room"), away, away, queued("no_room")])
    assert found == [None, None, None, "The video has waited for 30 s: because of no_room"]


def test_a_short_disk_is_seen_before_a_worker_tells(clock: Clock) -> None:
    found = waits(clock, [{"state": "queued"}] * 3, "1 MB is free.")
    assert found[-1] == "The video has waited for 20 s: 1 MB is free."
    assert waits(clock, [{"state": "processing"}] * 3, "1 MB is free.") == [None] * 3
