"""Tokens: only ours, of the right kind, in time."""

import base64
import json
import time
import uuid
from typing import Any

import jwt
import pytest

from backend.auth.tokens import Tokens
from core.errors import Unauthenticated
from tests.support.settings import Settings

OLD, NEW, FOREIGN = "o" * 32, "n" * 32, "f" * 32
USER = uuid.uuid4()
LATER = int(time.time()) + 3600


def settings(**values: Any) -> Settings:
    return Settings(
        **{"database_url": "postgresql://h/d", "redis_url": "redis://h", "jwt_keys": f"new:{NEW}"}
        | values
    )


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(settings(jwt_keys=f"new:{NEW},old:{OLD}"))


def forged(key: str = NEW, kid: str | None = "new", algorithm: str = "HS256", **other: Any) -> str:
    """Return an access token that differs from a good one in what is given; None leaves out."""
    now = int(time.time())
    claims = {
        "iss": "framemill", "aud": "framemill:access", "sub": str(USER), "sid": "s", "jti": "j",
        "iat": now, "exp": now + 600,
    } | other  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    headers = {} if kid is None else {"kid": kid}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def unsigned(algorithm: str) -> str:
    def encode(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    payload = jwt.decode(forged(), options={"verify_signature": False})
    return f"{encode({'alg': algorithm, 'kid': 'new', 'typ': 'JWT'})}.{encode(payload)}."


def code_of(tokens: Tokens, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        tokens.check_access(token)
    return refused.value.code


def test_a_token_says_who_and_which_session(tokens: Tokens) -> None:
    for _ in range(2):  # the second time from what is remembered
        known = tokens.check_access(forged())
        assert (known.user_id, known.session_id, known.token_id) == (USER, "s", "j")
    made = tokens.check_access(tokens.access(USER, "session"))
    assert (made.user_id, made.session_id) == (USER, "session")
    assert made.expires_at == pytest.approx(time.time() + 600, abs=5)


def test_the_first_key_signs_and_the_others_are_known(tokens: Tokens) -> None:
    assert jwt.get_unverified_header(tokens.access(USER, "s")) == {
        "alg": "HS256", "kid": "new", "typ": "JWT",
    }  # fmt: skip
    assert tokens.check_access(forged(OLD, "old")).user_id == USER
    assert tokens.check_access(Tokens(settings(jwt_keys=f"old:{OLD}")).access(USER, "s"))


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b", "a.b.c", "....", "é.é.é", "\x00", "x" * 5000]
    + [unsigned(algorithm) for algorithm in ("none", "None", "HS256", "RS256")],
)
def test_what_nobody_signed(tokens: Tokens, token: str) -> None:
    assert code_of(tokens, token) == "token_invalid"


@pytest.mark.filterwarnings("ignore:The HMAC key is")  # the weak key is the forger's
@pytest.mark.parametrize(
    "other",
    [
        {"key": FOREIGN}, {"key": OLD}, {"kid": "old"},
        {"kid": None}, {"kid": ""}, {"kid": "other"}, {"kid": "../../dev/null"},
        {"kid": "new' OR '1'='1"},
        {"algorithm": "HS384"}, {"algorithm": "HS512"},
        {"iss": "somebody"}, {"iss": None},
        {"aud": "framemill:refresh"}, {"aud": "framemill"}, {"aud": None},
        {"sub": "not-a-uuid"}, {"sub": None}, {"sid": None}, {"jti": None},
        {"iat": None}, {"exp": None}, {"exp": "soon"},
        {"iat": LATER, "exp": LATER + 600}, {"nbf": LATER},
    ],
)  # fmt: skip
def test_forgeries(tokens: Tokens, other: dict[str, Any]) -> None:
    assert code_of(tokens, forged(**other)) == "token_invalid"


def test_a_changed_letter_breaks_it(tokens: Tokens) -> None:
    token = tokens.access(USER, "s")
    tokens.check_access(token)
    head, body, signature = token.split(".")
    for changed in (
        f"{head}.{body[:-2]}AA.{signature}",
        f"{head}.{body}.{signature[:-3]}AAA",
        f"{head}.{body}.",
    ):
        assert code_of(tokens, changed) == "token_invalid"


def test_it_ends_in_time_even_when_it_is_remembered(
    tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(time.time())
    assert code_of(tokens, forged(iat=now - 700, exp=now - 60)) == "token_expired"
    token = forged(exp=now + 60)
    tokens.check_access(token)
    monkeypatch.setattr("backend.auth.tokens.time.time", lambda: now + 120.0)
    assert code_of(tokens, token) == "token_expired"


def test_clocks_may_differ_a_little_and_no_more(tokens: Tokens) -> None:
    now = int(time.time())
    tokens.check_access(forged(iat=now + 5, exp=now + 600))
    tokens.check_access(forged(iat=now - 600, exp=now - 5))
    assert code_of(tokens, forged(iat=now - 600, exp=now - 31)) == "token_expired"
    assert code_of(tokens, forged(iat=now + 31, exp=now + 600)) == "token_invalid"


def test_one_kind_is_not_the_other(tokens: Tokens) -> None:
    refresh = tokens.refresh(USER, "s", "j", int(time.time()))
    assert code_of(tokens, refresh) == "token_invalid"
    assert tokens.check("refresh", refresh).token_id == "j"
    with pytest.raises(Unauthenticated):
        tokens.check("refresh", tokens.access(USER, "s"))


def test_the_same_values_give_the_same_refresh_token(tokens: Tokens) -> None:
    now = int(time.time())
    assert tokens.refresh(USER, "s", "j", now) == tokens.refresh(USER, "s", "j", now)
    assert tokens.refresh(USER, "s", "j", now) != tokens.refresh(USER, "s", "k", now)


def test_without_keys_nothing_starts() -> None:
    with pytest.raises(ValueError, match="JWT_KEYS is not set"):
        Tokens(settings(jwt_keys=None))


def test_only_so_many_are_remembered(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.auth.tokens._CACHE", 3)
    for number in range(10):
        tokens.check_access(tokens.access(USER, str(number)))
    assert len(tokens._verified) == 3
