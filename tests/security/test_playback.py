"""A playback token opens one film, for a while, and nothing beside it.

Every route under a token is asked with every kind of token that could be shown.
"""

import time
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

import jwt
import pytest
from sqlalchemy import func, update

from core.model.states import TextKind
from core.model.tables import Share
from tests.support.app import Api
from tests.support.captions import of_file
from tests.support.growing import Growing, finish, grow
from tests.support.people import new_user

ROUTES = {
    "master.m3u8": 200,
    "720p.m3u8": 200,
    "manifest.mpd": 200,
    "720p/0.mp4": 307,
    "audio/2.mp4": 307,
    "chapters.vtt": 307,
    "storyboard.vtt": 200,
    "storyboard/1.jpg": 307,
}


async def complete(api: Api) -> Growing:
    growing = await grow(api)
    await finish(api, growing)
    await of_file(api, growing.video_id, growing.work.job_id, TextKind.CHAPTERS)
    return growing


async def token_of(growing: Growing) -> str:
    return (await growing.place()).rpartition("/")[2]


async def share_of(growing: Growing) -> dict[str, str]:
    made: dict[str, str] = (
        await growing.owner.http.post(f"/v1/videos/{growing.video_id}/shares")
    ).json()
    return made


async def token_of_share(api: Api, share: dict[str, str]) -> str:
    async with api.client() as http:
        answer = await http.post(f"/v1/shares/{share['token']}/playback")
    return str(answer.json()["hls_url"]).split("/")[-2]


async def shown(api: Api, film: Growing, good: str) -> dict[str, tuple[str, str]]:
    """What can be shown in place of the token of a film, and how it is answered."""
    tokens, playback, now = api.services.tokens, api.services.playback, int(time.time())
    session = tokens.check_access(film.owner.token).session_id
    claims = jwt.decode(good, options={"verify_signature": False})
    header = jwt.get_unverified_header(good)
    key = playback._keys[header["kid"]]
    secret = api.settings.signing_keys()[header["kid"]]

    def signed(by: str | bytes, **changed: object) -> str:
        return jwt.encode({**claims, **changed}, by, "HS256", header)

    ended = await complete(api)
    of_ended = await token_of(ended)
    await ended.owner.http.delete("/v1/auth/sessions")
    deleted = await complete(api)
    of_deleted = await token_of(deleted)
    await deleted.owner.http.delete(f"/v1/videos/{deleted.video_id}")
    cancelled = await grow(api)
    of_cancelled = await token_of(cancelled)
    await cancelled.owner.http.post(f"/v1/videos/{cancelled.video_id}/cancel")
    shared, unshared, lapsed = [await share_of(film) for _ in range(3)]
    of_unshared, of_lapsed = [await token_of_share(api, each) for each in (unshared, lapsed)]
    await film.owner.http.delete(f"/v1/videos/{film.video_id}/shares/{unshared['id']}")
    async with api.services.db.begin() as tx:
        late = update(Share).where(Share.id == uuid.UUID(lapsed["id"]))
        await tx.execute(late.values(expires_at=func.now()))
    others = await share_of(await complete(api))
    by_share = {name: value for name, value in claims.items() if name != "sid"}

    def of_share(share_id: str, by: str | bytes = key) -> str:
        return jwt.encode(by_share | {"share": share_id}, by, "HS256", header)

    other = await new_user(api)
    of_other = tokens.check_access(other.token).session_id
    await other.http.delete("/v1/auth/sessions")
    invalid, expired = "403 playback_invalid", "403 playback_expired"
    return {
        "expired": (signed(key, iat=now - 900, exp=now - 60), expired),
        "of an ended session": (of_ended, expired),
        "of another user's session that ended": (signed(key, sid=of_other), expired),
        "of a deleted film": (of_deleted, expired),
        "of no film": (signed(key, sub=str(uuid.uuid4())), expired),
        "of another film's job": (signed(key, job=str(ended.work.job_id)), expired),
        "of a job that was cancelled": (of_cancelled, "410 playback_withdrawn"),
        "of a link that was ended": (of_unshared, expired),
        "of a link that expired": (of_lapsed, expired),
        "of no link": (of_share(str(uuid.uuid4())), expired),
        "of another film's link": (of_share(others["id"]), expired),
        "of a link, forged": (of_share(shared["id"], "f" * 32), invalid),
        "of a link and a session": (signed(key, share=shared["id"]), invalid),
        "of neither": (jwt.encode(by_share, key, "HS256", header), invalid),
        "of a link that is none": (of_share("x"), invalid),
        "a link's own": (shared["token"], invalid),
        "forged": (signed("f" * 32), invalid),
        "signed with the key of access tokens": (signed(secret), invalid),
        "of too long a life": (signed(key, exp=now + 90_000), invalid),
        "an access token": (film.owner.token, invalid),
        "an access token that says playback": (signed(secret, aud="framemill:playback"), invalid),
        "a refresh token": (tokens.refresh(film.owner.id, session, "x", now), invalid),
        "unsigned": (good.rpartition(".")[0] + ".", invalid),
        "cut": (good[:-1], invalid),
        "nothing": ("x", invalid),
    }


async def test_every_token_opens_what_it_should(
    api: Api, figure: Callable[[str, object], None]
) -> None:
    film = await complete(api)
    good, by_link = await token_of(film), await token_of_share(api, await share_of(film))
    cells, told = 0, []
    async with api.client() as http:
        for token in (good, by_link):
            for name, status in ROUTES.items():
                answer = await http.get(f"/v1/playback/{token}/{name}")
                cells += 1
                if answer.status_code != status:
                    told.append((name, "right", answer.text))
        for who, (token, due) in (await shown(api, film, good)).items():
            for name in ROUTES:
                answer = await http.get(f"/v1/playback/{token}/{name}")
                cells += 1
                if f"{answer.status_code} {answer.json()['code']}" != due:
                    told.append((name, who, answer.text))
    figure("playback routes x tokens", f"{cells - len(told)} of {cells} right")
    assert not told


async def test_no_token_leads_to_the_bytes_of_another_film(api: Api) -> None:
    """Of the same user, nor of another."""
    first = await complete(api)
    films = [first, await complete(api), await grow(api, first.owner)]
    async with api.client() as http:
        for film in films:
            place = await film.place()
            for name in ("720p/0.mp4", "480p/0.mp4", "audio/0.mp4"):
                found = (await http.get(f"{place}/{name}")).headers["location"]
                assert urlsplit(found).path.startswith(f"/framemill/{film.work.stream_prefix}")
    async with api.client() as http:
        for film in films[:2]:
            found = (await http.get(f"{await film.place()}/storyboard/0.jpg")).headers["location"]
            assert urlsplit(found).path == f"/framemill/{film.work.prefix}storyboard-0.jpg"
        answer = await http.get(f"{await films[2].place()}/storyboard/0.jpg")
        assert answer.status_code == 404


async def test_a_playback_token_opens_nothing_else(api: Api) -> None:
    film = await complete(api)
    token = await token_of(film)
    async with api.client(token) as http:
        for path in ("/v1/me", "/v1/videos", f"/v1/videos/{film.video_id}", "/v1/events"):
            answer = await http.get(path)
            assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


async def test_other_credentials_change_nothing(api: Api) -> None:
    film, stranger = await complete(api), await new_user(api)
    place = await film.place()
    for http in (film.owner.http, stranger.http, api.client("nonsense")):
        assert (await http.get(f"{place}/720p.m3u8")).status_code == 200


async def test_it_is_written_down_nowhere(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    film = await complete(api)
    place = await film.place()
    signature = place.rpartition(".")[2]
    capsys.readouterr()
    async with api.client() as http:
        for name in (*ROUTES, "720p/7.mp4", "nothing.m3u8", "nothing", "../x"):
            assert signature not in (await http.get(f"{place}/{name}")).text
    written = "".join(capsys.readouterr())
    assert "/v1/playback/***/720p.m3u8" in written
    assert signature not in written
