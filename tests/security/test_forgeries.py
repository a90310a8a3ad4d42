"""Tokens that we did not make open nothing, however they are made."""

import base64
import hmac
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest_asyncio

from tests.support.app import Api, StartApi
from tests.support.people import Person, login, new_user
from tests.support.problems import problem


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True)
class Good:
    """A good token in its parts, and the key that signed it."""

    header: dict[str, Any]
    claims: dict[str, Any]
    key: bytes

    @classmethod
    def taken_apart(cls, token: str, key: str) -> "Good":
        head, body, _ = (part + "==" for part in token.split("."))
        found = [json.loads(base64.urlsafe_b64decode(part)) for part in (head, body)]
        return cls(found[0], found[1], key.encode())

    def made(self, digest: str = "sha256", key: bytes | None = None, **header: Any) -> str:
        """Sign the claims under another header; None leaves a field out."""
        fields = {
            name: value for name, value in (self.header | header).items() if value is not None
        }
        return self.signed(
            json.dumps(fields).encode(), json.dumps(self.claims).encode(), digest, key
        )

    def told(self, **claims: Any) -> str:
        """Sign other claims; None leaves one out."""
        fields = {
            name: value for name, value in (self.claims | claims).items() if value is not None
        }
        return self.signed(json.dumps(self.header).encode(), json.dumps(fields).encode())

    def signed(
        self, header: bytes, claims: bytes, digest: str = "sha256", key: bytes | None = None
    ) -> str:
        signed = f"{encoded(header)}.{encoded(claims)}"
        mac = hmac.digest(self.key if key is None else key, signed.encode(), digest)
        return f"{signed}.{encoded(mac)}"


def unsigned(good: Good, name: str) -> str:
    head = encoded(json.dumps(good.header | {"alg": name}).encode())
    return f"{head}.{encoded(json.dumps(good.claims).encode())}."


def spliced(good: Good, **claims: Any) -> str:
    """The good signature under other claims."""
    head, _, signature = good.made().split(".")
    return f"{head}.{encoded(json.dumps(good.claims | claims).encode())}.{signature}"


NOW = int(time.time())
LATER = NOW + 3600
JWK = {"kty": "oct", "k": encoded(b"f" * 32)}
FOREIGN = b"f" * 32


def raw(good: Good, name: str, value: str) -> str:
    """Sign claims of which one is written as no JSON library would."""
    text = json.dumps(good.claims | {name: "HERE"}).replace('"HERE"', value)
    return good.signed(json.dumps(good.header).encode(), text.encode())


def _without(name: str) -> Callable[[Good], str]:
    return lambda good: good.told(**{name: None})


# The first are signed with no key of ours; those after "Signed" with the right one.
UNSIGNED: dict[str, Callable[[Good], str]] = {
    "alg none": lambda good: unsigned(good, "none"),
    "alg None": lambda good: unsigned(good, "None"),
    "alg NONE": lambda good: unsigned(good, "NONE"),
    "alg empty": lambda good: unsigned(good, ""),
    "no signature": lambda good: unsigned(good, "HS256"),
    "two parts": lambda good: good.made().rpartition(".")[0],
    "four parts": lambda good: good.made() + ".AAAA",
    "five parts": lambda good: "a.b.c.d.e",
    "another key": lambda good: good.made(key=FOREIGN),
    "an empty key": lambda good: good.made(key=b""),
    "the key id as key": lambda good: good.made(key=str(good.header["kid"]).encode()),
    "its own header as key": lambda good: good.made(key=json.dumps(good.header).encode()),
    "jwk": lambda good: good.made(key=FOREIGN, jwk=JWK),
    "jku": lambda good: good.made(key=FOREIGN, jku="https://evil.example/keys"),
    "x5u": lambda good: good.made(key=FOREIGN, x5u="https://evil.example/keys"),
    "x5c": lambda good: good.made(key=FOREIGN, x5c=["MIIB"]),
    "kid of a file": lambda good: good.made(key=b"", kid="../../../../dev/null"),
    "kid in SQL": lambda good: good.made(key=FOREIGN, kid="x' UNION SELECT 'f"),
    "kid in a shell": lambda good: good.made(key=FOREIGN, kid="x; echo f"),
    "another user": lambda good: spliced(good, sub=str(uuid.UUID(int=1))),
    "another session": lambda good: spliced(good, sid="other"),
    "a longer life": lambda good: spliced(good, exp=good.claims["exp"] + 60),
    "a claim twice": lambda good: _twice(good),
    "no JSON": lambda good: f"{encoded(b'x')}.{encoded(b'y')}.{encoded(bytes(32))}",
    "a list": lambda good: f"{encoded(b'[]')}.{encoded(b'[]')}.{encoded(bytes(32))}",
    "deep JSON": lambda good: f"{encoded(b'[' * 3000)}.{encoded(b'{}')}.{encoded(bytes(32))}",
    "trailing data": lambda good: good.made() + "AAAA",
    "a trailing letter": lambda good: good.made() + "!",
    "padding": lambda good: good.made() + "=",
    "another spelling": lambda good: _respelt(good.made()),
    "a space within": lambda good: good.made().replace(".", ". ", 1),
    "a byte flipped": lambda good: _flipped(good.made()),
}
SIGNED: dict[str, Callable[[Good], str]] = {
    "HS384": lambda good: good.made("sha384", alg="HS384"),
    "HS512": lambda good: good.made("sha512", alg="HS512"),
    "said RS256": lambda good: good.made(alg="RS256"),
    "said ES256": lambda good: good.made(alg="ES256"),
    "said HS512": lambda good: good.made(alg="HS512"),
    "alg in small letters": lambda good: good.made(alg="hs256"),
    "alg a list": lambda good: good.made(alg=["HS256"]),
    "no alg": lambda good: good.made(alg=None),
    "no kid": lambda good: good.made(kid=None),
    "kid unknown": lambda good: good.made(kid="unknown"),
    "kid empty": lambda good: good.made(kid=""),
    "kid a number": lambda good: good.made(kid=0),
    "kid a list": lambda good: good.made(kid=[good.header["kid"]]),
    "kid an object": lambda good: good.made(kid={"kid": good.header["kid"]}),
    "kid with a NUL": lambda good: good.made(kid=f"{good.header['kid']}\x00"),
    "crit": lambda good: good.made(crit=["exp"]),
    "crit b64": lambda good: good.made(crit=["b64"], b64=False),
    "zip": lambda good: good.made(zip="DEF"),
    "another type": lambda good: good.made(typ="at+jwt"),
    "wrong aud": lambda good: good.told(aud="framemill:other"),
    "aud of somebody": lambda good: good.told(aud="framemill"),
    "aud a number": lambda good: good.told(aud=7),
    "wrong iss": lambda good: good.told(iss="somebody"),
    "iss a list": lambda good: good.told(iss=["framemill"]),
    **{f"no {name}": _without(name) for name in ("iss", "aud", "exp", "iat", "sub", "jti", "sid")},
    "exp as text": lambda good: good.told(exp=str(good.claims["exp"])),
    "exp a fraction": lambda good: good.told(exp=good.claims["exp"] + 0.5),
    "exp huge": lambda good: good.told(exp=2**70),
    "exp beyond floats": lambda good: raw(good, "exp", "1e999"),
    "exp of 5000 digits": lambda good: raw(good, "exp", "9" * 5000),
    "exp NaN": lambda good: raw(good, "exp", "NaN"),
    "exp Infinity": lambda good: raw(good, "exp", "Infinity"),
    "exp true": lambda good: good.told(exp=True),
    "exp a list": lambda good: good.told(exp=[good.claims["exp"]]),
    "exp past": lambda good: good.told(iat=NOW - 700, exp=NOW - 100),
    "exp negative": lambda good: good.told(exp=-1),
    "a longer life, signed": lambda good: good.told(exp=good.claims["exp"] + 1),
    "iat in the future": lambda good: good.told(iat=LATER, exp=LATER + 600),
    "iat as text": lambda good: good.told(iat=str(good.claims["iat"])),
    "iat NaN": lambda good: raw(good, "iat", "NaN"),
    "iat after exp": lambda good: good.told(iat=NOW + 5, exp=NOW + 4),
    "nbf in the future": lambda good: good.told(nbf=LATER),
    "sub no UUID": lambda good: good.told(sub="root"),
    "sub a number": lambda good: good.told(sub=1),
    "sub a list": lambda good: good.told(sub=[good.claims["sub"]]),
    "sub with SQL": lambda good: good.told(sub="' OR 1=1 --"),
    "sid a number": lambda good: good.told(sid=7),
    "sid a list": lambda good: good.told(sid=[good.claims["sid"]]),
    "sid true": lambda good: good.told(sid=True),
    "sid of a pattern": lambda good: good.told(sid="*"),
    "sid unknown": lambda good: good.told(sid="unknown"),
    "jti a number": lambda good: good.told(jti=7),
    "claims a list": lambda good: good.signed(json.dumps(good.header).encode(), b"[]"),
}  # fmt: skip


def _twice(good: Good) -> str:
    """Append a second `sub`, of which JSON readers take the last."""
    head, _, signature = good.made().split(".")
    text = json.dumps(good.claims)[:-1] + f', "sub": "{uuid.UUID(int=1)}"}}'
    return f"{head}.{encoded(text.encode())}.{signature}"


def _respelt(token: str) -> str:
    """Set a bit that no byte of the signature is made of."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + letters[letters.index(token[-1]) + 1]


def _flipped(token: str) -> str:
    head, body, signature = token.split(".")
    mac = bytearray(base64.urlsafe_b64decode(signature + "=="))
    mac[0] ^= 1
    return f"{head}.{body}.{encoded(bytes(mac))}"


FORGERIES = UNSIGNED | SIGNED


@pytest_asyncio.fixture(loop_scope="session")
async def person(api: Api) -> Person:
    return await new_user(api)


def good_of(api: Api, token: str) -> Good:
    return Good.taken_apart(token, next(iter(api.settings.signing_keys().values())))


async def test_the_forger_can_make_a_good_one(api: Api, person: Person) -> None:
    """Else nothing would be shown by the others being refused."""
    good = good_of(api, person.token)
    for token in (good.made(), good.told(), good.told(nbf=NOW - 5)):
        assert (await api.client(token).get("/v1/me")).status_code == 200


async def test_every_forgery_is_refused(
    api: Api, person: Person, figure: Callable[[str, object], None]
) -> None:
    good, opened = good_of(api, person.token), []
    for name, forge in FORGERIES.items():
        token = forge(good)
        assert token not in (person.token, good.made()), name
        answer = await api.client(token).get("/v1/me")
        if answer.status_code != 401:
            opened.append((name, answer.status_code, answer.text))
    total = len(FORGERIES)
    figure("forged tokens", f"{total - len(opened)} of {total} refused with 401")
    assert not opened
    assert total >= 30


async def test_a_forged_refresh_token_refreshes_nothing(api: Api, person: Person) -> None:
    first = await login(api.client(), person.email, client="native")
    wanted = first.json()["refresh_token"]
    good = good_of(api, wanted)
    for name, forge in FORGERIES.items():
        answer = await api.client().post("/v1/auth/refresh", json={"refresh_token": forge(good)})
        assert answer.status_code == (422 if len(forge(good)) > 4096 else 401), name


async def test_a_former_key_still_opens_and_a_removed_one_does_not(start_api: StartApi) -> None:
    old, new = "o" * 40, "n" * 40
    before = await start_api(jwt_keys=f"old:{old}")
    both = await start_api(jwt_keys=f"new:{new},old:{old}")
    after = await start_api(jwt_keys=f"new:{new}")
    person = await new_user(before)
    assert (await both.client(person.token).get("/v1/me")).status_code == 200
    problem(await after.client(person.token).get("/v1/me"), 401, "token_invalid")
    fresh = await new_user(both)
    assert (await after.client(fresh.token).get("/v1/me")).status_code == 200
    problem(await before.client(fresh.token).get("/v1/me"), 401, "token_invalid")
    # A removed key's secret under the name of a key that is there.
    renamed = Good.taken_apart(person.token, old).made(kid="new")
    problem(await both.client(renamed).get("/v1/me"), 401, "token_invalid")
