"""I17: an owner who races himself harms nobody, and leaves nothing behind that never ends."""

import asyncio
import itertools
import random
import time
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.faults.scenario import Outcome, Protection, Scenario, Tally
from tests.faults.world import World
from tests.machine.truth import broken
from tests.support.product import PASSWORD

# What a request asks, and the states of a video in which it may be granted.
_RESTING = ("failed", "cancelled")
_ACTIONS: dict[str, tuple[str, ...]] = {
    "retry": _RESTING,
    "new job": ("ready", *_RESTING),
    "rename": ("ready", *_RESTING),
    "cancel": ("queued",),
    "delete video": ("ready", *_RESTING, "queued", "uploading"),
    "delete upload": ("uploading",),
    "complete": ("uploading",),
}
PAIRS = tuple(itertools.combinations_with_replacement(_ACTIONS, 2))
_OF_ONE_S = 240.0  # then it is somebody else: tokens expire
_FILM = b"\x00" * 4096  # a worker refuses it at once
_REST = """
    WITH ended AS (UPDATE uploads SET state = 'completed' WHERE id = :upload),
    job AS (
        INSERT INTO jobs (id, video_id, user_id, operation, state, finished_at)
        SELECT gen_random_uuid(), id, user_id, 'transcode', :ended, now() FROM videos WHERE id = :id
        RETURNING id, video_id),
    task AS (
        INSERT INTO job_tasks (id, job_id, video_id, user_id, kind, key, priority, turn, state,
                               attempt, charged)
        SELECT gen_random_uuid(), job.id, video_id, user_id, 'inspect', 'inspect', 0, 0, :ended,
               1, 1
        FROM job JOIN videos ON videos.id = video_id RETURNING id),
    attempt AS (
        INSERT INTO task_attempts (task_id, attempt, worker, outcome, ended_at)
        SELECT id, 1, 'nobody', :ended, now() FROM task),
    asset AS (
        INSERT INTO assets (id, video_id, job_id, is_main, kind, name, state, s3_key, size, width,
                            height, duration, bitrate, video_codec)
        SELECT gen_random_uuid(), video_id, id, true, 'file', '480p', 'published',
               'videos/' || video_id || '/' || id || '/inspect-1/480p.mp4',
               1, 854, 480, 1, 1, 'h264'
        FROM job WHERE :state = 'ready')
    UPDATE videos SET state = :state, job_id = job.id,
        playable_at = CASE WHEN :state = 'ready' THEN now() END
    FROM job WHERE videos.id = job.video_id RETURNING 1
"""


@dataclass(frozen=True)
class _Film:
    """An owner's video, in some state."""

    id: uuid.UUID
    upload_id: uuid.UUID


def start_of(pair: tuple[str, str], rng: random.Random) -> str:
    """Choose the state in which two requests find a video: one that both may be granted in."""
    first, second = (_ACTIONS[action] for action in pair)
    both = [state for state in first if state in second]
    return rng.choice(both or [*first, *second])


async def run(world: World, tries: int, rng: random.Random) -> Outcome:
    """Send two requests of one owner at once, at two APIs; a stranger wants films all the while."""
    for _ in range(2):
        await world.start_api()
    await world.start_workers(2)
    owner = httpx.AsyncClient(timeout=60)
    tally = Tally()
    usual_s, faults = await _stranger(world)
    assert not faults, faults
    over, waits = asyncio.Event(), list[tuple[float, list[str]]]()
    stranger = asyncio.create_task(_strangers(world, over, waits))
    try:
        fresh_until = 0.0
        for pair in _in_turn(tries, world.focus, rng):
            fresh_until = await _enter(world, owner, fresh_until)
            state = start_of(pair, rng)
            film = await _film(world, owner, state)
            answers = await asyncio.gather(
                *(
                    _ask(world, owner, film, action, api)
                    for action, api in zip(pair, rng.sample(range(2), 2), strict=True)
                )
            )
            faults = [f"{action}: {answer}" for action, answer in answers if answer >= 500]
            faults += await broken(world.db)
            tally.add([f"{' beside '.join(pair)}, {state}: {fault}" for fault in faults])
    finally:
        over.set()
        await stranger
        await owner.aclose()
    timing = world.timing
    whole = _of_strangers(waits, timing.stretch * (2 * usual_s + timing.margin_s))
    if not await world.holds(lambda: _nothing_lives(world), 60):
        whole.append("work is left that never ends")
    if whole:
        tally.right = 0
        tally.notes += whole
    tally.worst_s = max(seconds for seconds, _ in waits)
    tally.notes.append(f"{len(waits)} films of a stranger, the first in {usual_s:.1f} s")
    return tally.outcome()


async def _strangers(
    world: World, over: asyncio.Event, waits: list[tuple[float, list[str]]]
) -> None:
    """Note how long films took and what was wrong with them; the last begins after the races."""
    last, fresh_until = False, 0.0
    while not last:
        last = over.is_set()
        fresh_until = await _enter(world, world.http, fresh_until)
        waits.append(await _stranger(world))
        last = last or bool(waits[-1][1])  # what is stopped is stopped: one is enough


def _of_strangers(waits: list[tuple[float, list[str]]], bound_s: float) -> list[str]:
    faults = [fault for _, found in waits for fault in found]
    late = [seconds for seconds, _ in waits if seconds > bound_s]
    return faults + [f"a stranger waited {seconds:.1f} s of {bound_s:.1f}" for seconds in late]


def _in_turn(tries: int, focus: Collection[str], rng: random.Random) -> Iterable[tuple[str, str]]:
    """Yield pairs, each as often as the others."""
    pairs = [pair for pair in PAIRS if not focus or {*pair} <= {*focus}]
    rng.shuffle(pairs)
    return itertools.islice(itertools.cycle(pairs), tries)


async def _enter(world: World, client: httpx.AsyncClient, fresh_until: float) -> float:
    """Make a new account and let a client be its owner, unless its token is fresh; return until
    when it is.
    """
    if time.monotonic() < fresh_until:
        return fresh_until
    body = {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD}
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        (await http.post(world.url("/v1/auth/register"), json=body)).raise_for_status()
        answer = await http.post(world.url("/v1/auth/login"), json=body | {"client": "native"})
    token = answer.raise_for_status().json()["access_token"]
    client.headers["authorization"] = f"Bearer {token}"
    return time.monotonic() + _OF_ONE_S


async def _film(world: World, owner: httpx.AsyncClient, state: str) -> _Film:
    """Make a video of the owner in a state."""
    asked = {"filename": "film.mp4", "size": len(_FILM)}
    answer = await owner.post(world.url("/v1/uploads"), json=asked)
    upload = answer.raise_for_status().json()
    film = _Film(uuid.UUID(upload["video_id"]), uuid.UUID(upload["id"]))
    if state not in ("uploading", "queued"):
        await _let_rest(world, film, state)
        return film
    path = world.url(f"/v1/uploads/{upload['id']}/parts")
    signed = (await owner.post(path, json={"part_numbers": [1]})).raise_for_status().json()
    async with httpx.AsyncClient(verify=False, trust_env=False, timeout=60) as plain:
        (await plain.put(signed["parts"][0]["url"], content=_FILM)).raise_for_status()
    if state == "queued":
        await owner.post(world.url(f"/v1/uploads/{film.upload_id}/complete"))
    return film


async def _let_rest(world: World, film: _Film, state: str) -> None:
    """Have its rows say that it has been worked on: only what its owner asks next is looked at."""
    await world.rows(_REST, id=film.id, upload=film.upload_id, state=state,
                     ended="succeeded" if state == "ready" else state)  # fmt: skip


async def _ask(
    world: World, owner: httpx.AsyncClient, film: _Film, action: str, api: int
) -> tuple[str, int]:
    video, upload = f"/v1/videos/{film.id}", f"/v1/uploads/{film.upload_id}"
    asked: dict[str, tuple[str, str, Any]] = {
        "retry": ("POST", f"{video}/retry", None),
        "new job": ("POST", f"{video}/jobs", {"operation": "transcode"}),
        "rename": ("PATCH", video, {"title": "Another name"}),
        "cancel": ("POST", f"{video}/cancel", None),
        "delete video": ("DELETE", video, None),
        "delete upload": ("DELETE", upload, None),
        "complete": ("POST", f"{upload}/complete", None),
    }
    method, path, body = asked[action]
    answer = await owner.request(method, world.url(path, world.apis[api]), json=body)
    return action, answer.status_code


async def _stranger(world: World) -> tuple[float, list[str]]:
    """Have a stranger upload a film; return how long it took, and what was wrong with it."""
    began = time.monotonic()
    video_id = await world.upload(world.clips.quick)
    ended = await world.ends(video_id)
    faults = await world.faults(video_id) if ended else ["a stranger's film is not made"]
    return time.monotonic() - began, faults


async def _nothing_lives(world: World) -> bool:
    rows = await world.rows(
        "SELECT 1 FROM job_tasks WHERE state IN ('blocked', 'queued', 'running')"
    )
    return not rows


SCENARIO = Scenario(
    "I17",
    "an owner who races himself harms nobody",
    full_count=200 * len(PAIRS),
    small_count=2 * len(PAIRS),
    least_count=len(PAIRS),
    run=run,
    protections=(
        Protection("owner_lock", "two requests for one video wait for each other",
                   ("owner_lock",), 60, ("retry", "new job", "delete video")),
    ),
)  # fmt: skip
