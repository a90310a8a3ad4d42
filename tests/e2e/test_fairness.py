"""One user's many films do not hold up another's one."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from client import Framemill
from client.caller import json_of
from embedded.stack import Stack
from tests.support.lanes import Rounds
from tests.support.product import Clips, Workers, jobs_of, until_final, wait_for

pytestmark = pytest.mark.thorough("turns are tried without films in make test")

Somebody = Callable[[Stack], Framemill]
Figure = Callable[[str, object], None]


def test_one_film_behind_many_waits_for_two_of_them_at_most(
    unmanned: Stack,
    workers: Workers,
    somebody: Somebody,
    clips: Clips,
    tmp_path: Path,
    figure: Figure,
    rounds: Rounds,
) -> None:
    many = rounds(test=50, rest=200, prove=200)
    clip = clips.short(tmp_path / "film.mp4", seconds=0.4, size="320x180")
    busy, other = somebody(unmanned), somebody(unmanned)
    copies = [tmp_path / f"{number}.mp4" for number in range(many)]
    for copy in copies:
        copy.write_bytes(clip.read_bytes())
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(busy.upload, copies))
    workers.start()
    wait_for(lambda: workers.events("succeeded"))
    only = until_final(other, other.upload(clip))
    assert only.state == "ready"
    [mine] = jobs_of(other, only)
    began = [job for job in all_jobs(busy) if job["started_at"]]
    waited_for = [
        job
        for job in began
        if job["started_at"] < mine["started_at"]
        and (job["finished_at"] or mine["started_at"]) > mine["created_at"]
    ]
    figure(f"films of another user that one film waited for, of {many}", len(waited_for))
    assert len(waited_for) <= 2
    assert len(began) < many  # the others were still waiting


def all_jobs(framemill: Framemill) -> list[dict[str, Any]]:
    """Everything that was asked for, newest first; times are the database's."""
    found: list[dict[str, Any]] = []
    query = ""
    while True:
        answer = framemill.api.caller.authorized("GET", f"/v1/jobs?limit=100{query}")
        page = json_of(answer)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        query = f"&cursor={page['next_cursor']}"
