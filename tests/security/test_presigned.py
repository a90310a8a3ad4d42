"""What the API signs opens one thing, for a while, and nothing beside it.

tests/contract/test_presigned.py is about stores; this is about all that can be done to the URLs
that a client is given. The embedded store compares signatures where a URL has one of version 4.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import httpx
import pytest_asyncio

from tests.support.app import Api, StartApi
from tests.support.people import Person, new_user
from tests.support.uploading import begin, complete, put, send, sign, uploaded

BODY = b"8 bytes."
# A URL that names an access key and has no signature of version 4 passes for one of its own clients
# at the embedded store, which listens on the loopback address only. AWS refuses it.
NOT_HERE = {"no signature", "an empty signature", "no algorithm", "another algorithm"}


def changed(url: str, **values: str | None) -> str:
    """Return a URL with other parameters; `X_Amz_Date` means `X-Amz-Date`, None leaves out."""
    parts = urlsplit(url)
    found: dict[str, str | None] = dict(parse_qsl(parts.query, keep_blank_values=True))
    found |= {name.replace("_", "-"): value for name, value in values.items()}
    kept = {name: value for name, value in found.items() if value is not None}
    return urlunsplit(parts._replace(query=urlencode(kept, quote_via=quote)))


def of(url: str, name: str) -> str:
    return dict(parse_qsl(urlsplit(url).query))[name]


def flipped(url: str, place: int) -> str:
    signature = of(url, "X-Amz-Signature")
    letter = format(int(signature[place], 16) ^ 1, "x")
    return changed(url, X_Amz_Signature=signature[:place] + letter + signature[place + 1 :])


@dataclass(frozen=True)
class Signed:
    """A part's URL, with what else of the same bucket an attacker may know."""

    url: str
    other: str  # the URL of another part of the same upload
    foreign: str  # the URL of a part of somebody else's upload


Attack = Callable[[Signed], tuple[str, str, bytes]]


def put_to(url: str, body: bytes = BODY) -> tuple[str, str, bytes]:
    return "PUT", url, body


def _path(url: str, old: str, new: str) -> str:
    assert old in url
    return url.replace(old, new, 1)


def _key(url: str) -> str:
    return urlsplit(url).path.partition("/videos/")[2]


PART: dict[str, Attack] = {
    "read by it": lambda at: ("GET", at.url, b""),
    "delete by it": lambda at: ("DELETE", at.url, b""),
    "complete by it": lambda at: ("POST", at.url, b"<CompleteMultipartUpload/>"),
    "look by it": lambda at: ("HEAD", at.url, b""),
    "another key": lambda at: put_to(_path(at.url, "source.mp4", "other.mp4")),
    "a key above": lambda at: put_to(_path(at.url, "source.mp4", "../source.mp4")),
    "somebody's key": lambda at: put_to(_path(at.url, _key(at.url), _key(at.foreign))),
    "another bucket": lambda at: put_to(_path(at.url, "/framemill/", "/framemill2/")),
    "part 2": lambda at: put_to(changed(at.url, partNumber="2")),
    "part 0": lambda at: put_to(changed(at.url, partNumber="0")),
    "part 10001": lambda at: put_to(changed(at.url, partNumber="10001")),
    "no part": lambda at: put_to(changed(at.url, partNumber=None)),
    "another upload": lambda at: put_to(changed(at.url, uploadId=of(at.foreign, "uploadId"))),
    "no upload": lambda at: put_to(changed(at.url, uploadId=None, partNumber=None)),
    "a longer life": lambda at: put_to(changed(at.url, X_Amz_Expires="604800")),
    "a shorter life": lambda at: put_to(changed(at.url, X_Amz_Expires="1")),
    "no life": lambda at: put_to(changed(at.url, X_Amz_Expires=None)),
    "another date": lambda at: put_to(changed(at.url, X_Amz_Date="20991231T000000Z")),
    "no date": lambda at: put_to(changed(at.url, X_Amz_Date=None)),
    "another day in scope": lambda at: put_to(
        changed(at.url, X_Amz_Credential=of(at.url, "X-Amz-Credential").replace("/20", "/19"))
    ),
    "another region": lambda at: put_to(
        changed(
            at.url, X_Amz_Credential=of(at.url, "X-Amz-Credential").replace("us-east-1", "x-1")
        )
    ),
    "another access key": lambda at: put_to(
        changed(at.url, X_Amz_Credential="AKIA" + of(at.url, "X-Amz-Credential"))
    ),
    "no credential": lambda at: put_to(changed(at.url, X_Amz_Credential=None)),
    "first letter": lambda at: put_to(flipped(at.url, 0)),
    "last letter": lambda at: put_to(flipped(at.url, 63)),
    "signature of another part": lambda at: put_to(
        changed(at.url, X_Amz_Signature=of(at.other, "X-Amz-Signature"))
    ),
    "no signature": lambda at: put_to(changed(at.url, X_Amz_Signature=None)),
    "an empty signature": lambda at: put_to(changed(at.url, X_Amz_Signature="")),
    "cut signature": lambda at: put_to(
        changed(at.url, X_Amz_Signature=of(at.url, "X-Amz-Signature")[:32])
    ),
    "no algorithm": lambda at: put_to(changed(at.url, X_Amz_Algorithm=None)),
    "another algorithm": lambda at: put_to(changed(at.url, X_Amz_Algorithm="AWS4-HMAC-SHA1")),
    "length not signed": lambda at: put_to(
        changed(at.url, X_Amz_SignedHeaders="host"), BODY + b"9"
    ),
    "no signed headers": lambda at: put_to(changed(at.url, X_Amz_SignedHeaders=None)),
    "more signed headers": lambda at: put_to(
        changed(at.url, X_Amz_SignedHeaders="content-length;host;x-amz-acl")
    ),
    "a byte more": lambda at: put_to(at.url, BODY + b"9"),
    "a byte less": lambda at: put_to(at.url, BODY[:-1]),
    "nothing": lambda at: put_to(at.url, b""),
    "much more": lambda at: put_to(at.url, BODY * 10_000),
    "a token added": lambda at: put_to(changed(at.url, X_Amz_Security_Token="x")),
    "an ACL added": lambda at: put_to(at.url + "&x-amz-acl=public-read"),
    "a version added": lambda at: put_to(at.url + "&versionId=1"),
    "no query": lambda at: put_to(at.url.partition("?")[0]),
}  # fmt: skip
GET: dict[str, Callable[[str], tuple[str, str, bytes]]] = {
    "write by it": lambda url: ("PUT", url, BODY),
    "delete by it": lambda url: ("DELETE", url, b""),
    "another object": lambda url: ("GET", _path(url, "source.mp4", "720p.mp4"), b""),
    "the bucket": lambda url: ("GET", url.replace("/videos/" + _key(url), "/", 1), b""),
    "another name to save under": lambda url: (
        "GET", changed(url, **{"response-content-disposition": "inline"}), b"",
    ),
    "another type": lambda url: ("GET", url + "&response-content-type=text%2Fhtml", b""),
    "a longer life": lambda url: ("GET", changed(url, X_Amz_Expires="604800"), b""),
    "first letter": lambda url: ("GET", flipped(url, 0), b""),
    "no signature": lambda url: ("GET", changed(url, X_Amz_Signature=None), b""),
    "no query": lambda url: ("GET", url.partition("?")[0], b""),
}  # fmt: skip


async def _status(attack: tuple[str, str, bytes]) -> int:
    method, url, body = attack
    async with httpx.AsyncClient(verify=False, trust_env=False, timeout=30) as plain:
        return (await plain.request(method, url, content=body)).status_code


def _tell(
    figure: Callable[[str, object], None], of_what: str, total: int, opened: dict[str, int]
) -> None:
    told = f"{total - len(opened)} of {total} refused"
    figure(f"tampered URLs of {of_what}", f"{told}; not here: {', '.join(opened)}")


@pytest_asyncio.fixture(loop_scope="session")
async def person(api: Api) -> Person:
    return await new_user(api)


async def _signed(api: Api, person: Person) -> tuple[Signed, dict[str, Any]]:
    upload = await begin(person, 8 * 1024 * 1024 + 8)  # two parts, the second of 8 bytes
    parts = {part["part_number"]: part["url"] for part in await sign(person, upload, 1, 2)}
    other = await new_user(api)
    [foreign] = await sign(other, await begin(other, len(BODY)), 1)
    return Signed(parts[2], parts[1], foreign["url"]), upload


async def test_a_url_of_a_part_takes_that_part_only(
    api: Api, person: Person, figure: Callable[[str, object], None]
) -> None:
    signed, upload = await _signed(api, person)
    opened = {}
    for name, attack in PART.items():
        # Part 2 is the one that was signed: ask for the first instead.
        made = attack(signed)
        if name == "part 2":
            made = (made[0], changed(signed.url, partNumber="1"), made[2])
        assert made != put_to(signed.url), name
        status = await _status(made)
        if not 400 <= status < 500:
            opened[name] = status
    _tell(figure, "parts", len(PART), opened)
    assert set(opened) == NOT_HERE
    shown = (await person.http.get(f"/v1/uploads/{upload['id']}")).json()
    assert {part["part_number"] for part in shown["parts"]} == {2}  # by those of NOT_HERE
    assert await _status(put_to(signed.url)) == 200  # else nothing was shown


async def test_a_url_of_a_film_shows_that_film_only(
    api: Api, person: Person, figure: Callable[[str, object], None]
) -> None:
    video = await uploaded(person, BODY)
    answer = await person.http.get(f"/v1/videos/{video['id']}/download/source")
    url, opened = answer.headers["location"], {}
    for name, attack in GET.items():
        status = await _status(attack(url))
        if not 400 <= status < 500:
            opened[name] = status
    _tell(figure, "films", len(GET), opened)
    assert set(opened) == NOT_HERE & set(GET)
    assert await _status(("GET", url, b"")) == 200


async def test_what_is_over_takes_no_more_parts(api: Api, person: Person) -> None:
    for end in ("complete", "abort"):
        upload = await begin(person, len(BODY))
        [part] = await sign(person, upload, 1)
        await send(person, upload, BODY)
        if end == "complete":
            video = (await complete(person, upload)).json()
        else:
            assert (await person.http.delete(f"/v1/uploads/{upload['id']}")).status_code == 204
        assert 400 <= (await put(part["url"], b"another.")).status_code < 500
        if end == "complete":
            link = await person.http.get(f"/v1/videos/{video['id']}/download/source")
            async with httpx.AsyncClient(verify=False, trust_env=False) as plain:
                assert (await plain.get(link.headers["location"])).content == BODY


async def test_a_url_is_signed_for_a_quarter_of_an_hour_at_most(api: Api, person: Person) -> None:
    signed, _ = await _signed(api, person)
    video = await uploaded(person, BODY)
    link = await person.http.get(f"/v1/videos/{video['id']}/download/source")
    for url in (signed.url, link.headers["location"]):
        assert int(of(url, "X-Amz-Expires")) <= 900
    assert "content-length" in of(signed.url, "X-Amz-SignedHeaders")


async def test_a_key_holds_nothing_that_a_client_chose(start_api: StartApi) -> None:
    person = await new_user(await start_api())
    upload = await begin(person, 8, filename="../../../evil name.MP4", title="x/y")
    [part] = await sign(person, upload, 1)
    assert urlsplit(part["url"]).path == f"/framemill/videos/{upload['video_id']}/source.mp4"
    assert uuid.UUID(upload["video_id"])
