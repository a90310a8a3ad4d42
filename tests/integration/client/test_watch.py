import threading
from collections.abc import Iterator
from typing import Any

import pytest

from client import ApiError, Framemill, Queue
from tests.integration.client.standin_world import StandIn


def test_every_change_is_told_until_the_end(client: Framemill, world: StandIn) -> None:
    video = world.video(state="queued", progress=0, title="one\u2028line")
    world.stream_plan = [
        [
            {"state": "processing", "stage": "encoding", "progress": 40, "eta_seconds": 3.5},
            {"state": "ready", "stage": None, "progress": 100},
            {"state": "deleted"},
        ]
    ]
    seen = list(client.watch(video["id"]))
    assert [(v.state, v.progress) for v in seen] == [
        ("queued", 0),
        ("processing", 40),
        ("ready", 100),
    ]
    assert seen[1].eta_seconds == 3.5
    assert seen[0].title == "one\u2028line"


def test_why_a_video_waits_is_told_when_it_changes(
    client: Framemill, world: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No event tells of it: the version stays."""
    monkeypatch.setattr("client.watch._QUEUE_PAUSE", 0)
    no_room = {"reason": "no_room", "message": "No worker has room on its disk."}
    video = world.video(state="queued", progress=0, queue=None)
    told = threading.Event()
    world.stream_plan = [[told, {"state": "ready", "queue": None}]]
    seen = []
    for current in client.watch(video["id"]):
        seen.append((current.state, current.queue))
        video["queue"] = no_room
        if current.queue is not None:
            told.set()
    assert seen == [
        ("queued", None),
        ("queued", Queue("no_room", "No worker has room on its disk.")),
        ("ready", None),
    ]


def test_a_stream_that_breaks_is_opened_again(client: Framemill, world: StandIn) -> None:
    video = world.video(state="queued", progress=0)
    world.stream_plan = [[{"progress": 20}], [{"progress": 50}], [{"state": "failed"}]]
    assert [v.progress for v in client.watch(video["id"])] == [0, 20, 50, 50]
    assert world.calls.count(f"GET /v1/videos/{video['id']}/events") == 3


def test_where_streams_are_refused_the_video_is_asked_for(
    client: Framemill, world: StandIn
) -> None:
    world.streams_refused = True
    video = world.video(state="processing", progress=10)
    steps: Iterator[dict[str, Any]] = iter([{"progress": 60}, {"state": "ready"}])
    seen = []
    for state in client.watch(video["id"]):
        seen.append((state.state, state.progress))
        if not state.finished:
            video |= {**next(steps), "version": video["version"] + 1}
    assert seen == [("processing", 10), ("processing", 60), ("ready", 60)]


def test_a_token_that_expires_meanwhile_is_renewed(client: Framemill, world: StandIn) -> None:
    video = world.video()
    world.expired |= set(world.access)
    assert [v.state for v in client.watch(video["id"])] == ["ready"]


def test_no_such_video(client: Framemill) -> None:
    with pytest.raises(ApiError) as caught:
        list(client.watch("nothing/../here"))
    assert caught.value.code == "not_found"
