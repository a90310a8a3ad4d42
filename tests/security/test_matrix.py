"""Every route of the OpenAPI document, asked by everybody who could ask."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest_asyncio

from tests.support import captions
from tests.support.app import Api, bearer, served
from tests.support.growing import finish, grow
from tests.support.people import PASSWORD, Person, new_admin, new_email, new_user
from tests.support.uploading import begin, uploaded
from tests.support.work import job_of

Route = tuple[str, str]
# What a token that opens nothing is answered, whatever is asked with it.
REFUSED = {
    "nobody": "401 token_missing",
    "expired": "401 token_expired",
    "ended": "401 session_revoked",
    "forged": "401 token_invalid",
    "refresh token": "401 token_invalid",
}
# For those without a session, who may show what they like: what everybody is answered.
OPEN: dict[Route, tuple[Any, str]] = {
    ("GET", "/healthz"): (None, "200"),
    ("GET", "/v1/auth/registration"): (None, "200"),
    ("POST", "/v1/auth/register"): ({"email": "NEW", "password": PASSWORD}, "201"),
    ("POST", "/v1/auth/login"): ({"email": "OWNER", "password": PASSWORD}, "200"),
    ("POST", "/v1/auth/refresh"): ({"refresh_token": "x"}, "401 token_invalid"),
    ("POST", "/v1/auth/logout"): ({"refresh_token": "x"}, "204"),
    # Whoever has the token in the address; of all other tokens see test_playback.py.
    ("GET", "/v1/playback/{token}/master.m3u8"): (None, "200"),
    ("GET", "/v1/playback/{token}/{track}.m3u8"): (None, "200"),
    ("GET", "/v1/playback/{token}/manifest.mpd"): (None, "200"),
    ("GET", "/v1/playback/{token}/{track}/{first}.mp4"): (None, "307"),
    # Whoever has a link; of those that have ended see test_shares.py.
    ("POST", "/v1/shares/{share_token}/playback"): ({}, "201"),
    ("GET", "/v1/shares/{share_token}/poster"): (None, "307"),
    ("GET", "/v1/oembed"): (None, "422 validation_failed"),
    ("GET", "/v1/playback/{token}/{text}.vtt"): (None, "307"),
    ("GET", "/v1/playback/{token}/storyboard.vtt"): (None, "200"),
    ("GET", "/v1/playback/{token}/storyboard/{number}.jpg"): (None, "307"),
}
# The body, and what another user and the owner of what is asked for are answered.
KNOWN: dict[Route, tuple[Any, str, str]] = {
    ("GET", "/v1/me"): (None, "200", "200"),
    ("POST", "/v1/me/delete"): ({"password": PASSWORD}, "204", "204"),
    ("POST", "/v1/auth/password"): (
        {"current_password": PASSWORD, "new_password": PASSWORD + "!"}, "204", "204",
    ),
    ("GET", "/v1/auth/sessions"): (None, "200", "200"),
    ("DELETE", "/v1/auth/sessions"): (None, "204", "204"),
    ("DELETE", "/v1/auth/sessions/{session_id}"): (None, "404 not_found", "204"),
    ("GET", "/v1/limits"): (None, "200", "200"),
    ("POST", "/v1/uploads"): ({"filename": "film.mp4", "size": 1}, "201", "201"),
    ("GET", "/v1/uploads/{upload_id}"): (None, "404 not_found", "200"),
    ("DELETE", "/v1/uploads/{upload_id}"): (None, "404 not_found", "204"),
    ("POST", "/v1/uploads/{upload_id}/parts"): ({"part_numbers": [1]}, "404 not_found", "200"),
    ("POST", "/v1/uploads/{upload_id}/complete"): ({}, "404 not_found", "422 part_mismatch"),
    ("GET", "/v1/videos"): (None, "200", "200"),
    ("GET", "/v1/videos/{video_id}"): (None, "404 not_found", "200"),
    ("PATCH", "/v1/videos/{video_id}"): ({"title": "mine now"}, "404 not_found", "200"),
    ("DELETE", "/v1/videos/{video_id}"): (None, "404 not_found", "204"),
    ("GET", "/v1/videos/{video_id}/download/{name}"): (None, "404 not_found", "307"),
    ("POST", "/v1/videos/{video_id}/cancel"): (None, "404 not_found", "202"),
    ("POST", "/v1/videos/{video_id}/retry"): (None, "404 not_found", "409 invalid_state"),
    ("POST", "/v1/videos/{video_id}/playback"): ({}, "404 not_found", "409 invalid_state"),
    ("POST", "/v1/videos/{video_id}/shares"): ({}, "404 not_found", "201"),
    ("GET", "/v1/videos/{video_id}/shares"): (None, "404 not_found", "200"),
    ("DELETE", "/v1/videos/{video_id}/shares/{share_id}"): (None, "404 not_found", "204"),
    ("POST", "/v1/videos/{video_id}/poster"): ({"at": 1}, "404 not_found", "409 invalid_state"),
    ("DELETE", "/v1/videos/{video_id}/poster"): (None, "404 not_found", "200"),
    ("GET", "/v1/videos/{video_id}/jobs"): (None, "404 not_found", "200"),
    ("POST", "/v1/videos/{video_id}/jobs"): (
        {"operation": "transcode"}, "404 not_found", "409 invalid_state",
    ),
    ("GET", "/v1/videos/{video_id}/tracks"): (None, "404 not_found", "200"),
    ("POST", "/v1/videos/{video_id}/tracks"): (
        {"kind": "text", "language": "de", "text": "WEBVTT\n\n00:01.000 --> 00:02.000\nJa.\n"},
        "404 not_found", "201",
    ),
    ("PATCH", "/v1/videos/{video_id}/tracks/{track_id}"): (
        {"language": "en"}, "404 not_found", "200",
    ),
    ("DELETE", "/v1/videos/{video_id}/tracks/{track_id}"): (None, "404 not_found", "204"),
    ("GET", "/v1/videos/{video_id}/events"): (None, "404 not_found", "200"),
    ("GET", "/v1/events"): (None, "200", "200"),
    ("GET", "/v1/jobs"): (None, "200", "200"),
    ("GET", "/v1/jobs/{job_id}"): (None, "404 not_found", "200"),
}  # fmt: skip
# For admins: the body, and what they are answered. Everybody else may not.
ADMINS: dict[Route, tuple[Any, str]] = {
    ("POST", "/v1/admin/invites"): ({}, "201"),
    ("GET", "/v1/admin/invites"): (None, "200"),
    ("DELETE", "/v1/admin/invites/{invite_id}"): (None, "204"),
}
IDENTITIES = (*REFUSED, "other", "owner", "admin")


def due(route: Route, who: str) -> str:
    """What the table says."""
    if route in OPEN:
        return OPEN[route][1]
    if who in REFUSED:
        return REFUSED[who]
    if route in ADMINS:
        return ADMINS[route][1] if who == "admin" else "403 forbidden"
    # An admin sees no more of what is somebody else's than anybody.
    return KNOWN[route][2 if who == "owner" else 1]


def documented(api: Api) -> set[Route]:
    paths: dict[str, dict[str, Any]] = api.app.openapi()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def test_every_route_has_a_row_and_every_row_a_route(api: Api) -> None:
    assert documented(api) == set(OPEN) | set(KNOWN) | set(ADMINS)


@dataclass(frozen=True)
class World:
    """Somebody with something of everything, by the names of path parameters."""

    owner: Person
    names: dict[str, str]


async def make(api: Api) -> World:
    owner = await new_user(api)
    video, upload = await uploaded(owner), await begin(owner)
    job = await job_of(api.services.db, uuid.UUID(video["id"]))
    [session] = (await owner.http.get("/v1/auth/sessions")).json()["items"]
    admin = await new_admin(api)
    invite = (await admin.http.post("/v1/admin/invites")).json()
    share = (await owner.http.post(f"/v1/videos/{video['id']}/shares")).json()
    names = {
        "share_id": share["id"],
        "invite_id": invite["id"],
        "session_id": session["id"],
        "upload_id": upload["id"],
        "video_id": video["id"],
        "track_id": (await captions.add(owner, video["id"]))["id"],
        "job_id": str(job.id),
        "name": "source",
    }
    return World(owner, names)


async def a_token(api: Api) -> dict[str, str]:
    """What there is to be watched, by the names of path parameters."""
    growing = await grow(api)
    await finish(api, growing)
    place = await growing.place()
    share = (await growing.owner.http.post(f"/v1/videos/{growing.video_id}/shares")).json()
    text = (await captions.add(growing.owner, growing.video_id))["id"]
    token = place.rpartition("/")[2]
    return {
        "token": token, "track": "720p", "first": "0", "text": text, "number": "0",
        "share_token": share["token"],
    }  # fmt: skip


async def _token(api: Api, who: str, world: World) -> str | None:
    """What an identity shows."""
    tokens, owner = api.services.tokens, world.owner
    session_id, now = world.names["session_id"], int(time.time())
    if who == "ended":
        ended = await new_user(api)
        await ended.http.delete("/v1/auth/sessions")
        return ended.token
    if who == "other":
        return (await new_user(api)).token
    if who == "admin":
        return (await new_admin(api)).token
    made: dict[str, Callable[[], str | None]] = {
        "nobody": lambda: None,
        "owner": lambda: owner.token,
        "expired": lambda: tokens._make("access", owner.id, session_id, "x", now - 1200),
        "forged": lambda: _forged(owner.token),
        "refresh token": lambda: tokens.refresh(owner.id, session_id, "x", now),
    }
    return made[who]()


def _forged(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, "f" * 32, "HS256", jwt.get_unverified_header(token))


@pytest_asyncio.fixture(loop_scope="session")
async def http(api: Api) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        served(api) as address,
        httpx.AsyncClient(
            base_url=address,
            trust_env=False,
            timeout=60,
            # Sooner than the server closes an idle connection: else one is used as it is closed.
            limits=httpx.Limits(keepalive_expiry=1),
        ) as client,
    ):
        yield client


async def _answer(http: httpx.AsyncClient, route: Route, token: str | None, world: World) -> str:
    """Ask, and return the status with the code of a problem; of a stream only how it begins."""
    method, path = route
    body = (OPEN.get(route) or ADMINS.get(route) or KNOWN[route])[0]
    if isinstance(body, dict) and "email" in body:
        body = body | {"email": new_email() if body["email"] == "NEW" else world.owner.email}
    place = path.format(**world.names)
    async with http.stream(method, place, json=body, headers=bearer(token)) as answer:
        if answer.status_code < 400:
            return str(answer.status_code)
        await answer.aread()
        return f"{answer.status_code} {answer.json()['code']}"


async def test_everybody_is_answered_as_they_should_be(
    api: Api, http: httpx.AsyncClient, figure: Callable[[str, object], None]
) -> None:
    shared, watched, wrong = await make(api), await a_token(api), []
    shared.names.update(watched)
    routes = sorted(documented(api))

    async def cell(route: Route, who: str) -> None:
        # What the owner may do uses its object up; nobody else may change a thing.
        world = shared
        if who == "owner":
            world = await make(api)
            world.names.update(watched)
        told = await _answer(http, route, await _token(api, who, world), world)
        if told != due(route, who):
            wrong.append((*route, who, told, due(route, who)))

    for who in IDENTITIES:
        for some in range(0, len(routes), 8):
            await asyncio.gather(*(cell(route, who) for route in routes[some : some + 8]))
    total = len(routes) * len(IDENTITIES)
    figure("routes x identities", f"{total - len(wrong)} of {total} right")
    assert not wrong
    # And nothing has happened to what was asked for.
    video = (await shared.owner.http.get(f"/v1/videos/{shared.names['video_id']}")).json()
    assert (video["state"], video["title"]) == ("queued", "film")
    upload = (await shared.owner.http.get(f"/v1/uploads/{shared.names['upload_id']}")).json()
    assert upload["state"] == "open"
