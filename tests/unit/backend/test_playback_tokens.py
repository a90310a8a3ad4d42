"""Playback tokens: only ours, of the right kind, in time."""

import time
import uuid
from typing import Any

import jwt
import pytest

from backend.auth.tokens import Tokens
from backend.playback.tokens import LONGEST_S, PlaybackTokens
from core.errors import Forbidden, Unauthenticated
from tests.support.settings import Settings

KEY, OLD = "n" * 32, "o" * 32
VIDEO, JOB = uuid.uuid4(), uuid.uuid4()


def settings(jwt_keys: str = f"new:{KEY},old:{OLD}") -> Settings:
    return Settings(database_url="postgresql://h/d", redis_url="redis://h", jwt_keys=jwt_keys)


@pytest.fixture
def tokens() -> PlaybackTokens:
    return PlaybackTokens(settings())


def code_of(tokens: PlaybackTokens, token: str) -> str:
    with pytest.raises(Forbidden) as refused:
        tokens.check(token)
    return refused.value.code


def signed(tokens: PlaybackTokens, key: Any = None, kid: str = "new", **other: Any) -> str:
    """Return a token that differs from a good one in what is given; None leaves out."""
    now = int(time.time())
    claims = {
        "iss": "framemill", "aud": "framemill:playback", "sub": str(VIDEO), "job": str(JOB),
        "sid": "s", "iat": now, "exp": now + 600,
    } | other  # fmt: skip
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key or tokens._keys["new"], "HS256", {"kid": kid})


def test_a_token_says_what_it_opens(tokens: PlaybackTokens) -> None:
    token, made = tokens.make(VIDEO, JOB, "session", 600)
    held = tokens.check(token)
    assert held == made
    assert (held.video_id, held.job_id, held.session_id) == (VIDEO, JOB, "session")
    assert held.expires_at - held.issued_at == 600
    assert tokens.check(signed(tokens)).video_id == VIDEO


def test_a_token_of_a_link_says_so(tokens: PlaybackTokens) -> None:
    share_id = uuid.uuid4()
    token, made = tokens.make(VIDEO, JOB, share_id, 600)
    assert tokens.check(token) == made
    assert (made.session_id, made.share_id) == (None, share_id)


def test_a_token_of_the_key_before_is_good(tokens: PlaybackTokens) -> None:
    token, _ = PlaybackTokens(settings(f"old:{OLD}")).make(VIDEO, JOB, "session", 600)
    assert tokens.check(token).job_id == JOB


def test_a_token_ends(tokens: PlaybackTokens) -> None:
    now = int(time.time())
    assert code_of(tokens, signed(tokens, iat=now - 700, exp=now - 100)) == "playback_expired"


@pytest.mark.parametrize(
    "other",
    [
        {"aud": "framemill:access"}, {"iss": "other"}, {"sub": "no id"}, {"job": None},
        {"sid": 1}, {"iat": True}, {"exp": int(time.time()) + LONGEST_S + 90_000}, {"job": "x"},
        {"share": str(VIDEO)}, {"sid": None}, {"sid": None, "share": "x"},
    ],
)  # fmt: skip
def test_what_says_something_else_is_refused(tokens: PlaybackTokens, other: dict[str, Any]) -> None:
    assert code_of(tokens, signed(tokens, **other)) == "playback_invalid"


def test_what_somebody_else_signed_is_refused(tokens: PlaybackTokens) -> None:
    for token in (
        signed(tokens, "f" * 32), signed(tokens, KEY), signed(tokens, kid="other"),
        signed(tokens) + "A", "", "x", "a.b.c",
    ):  # fmt: skip
        assert code_of(tokens, token) == "playback_invalid"


def test_neither_kind_of_token_is_the_other(tokens: PlaybackTokens) -> None:
    """Not even one that says it is."""
    access = Tokens(settings())
    made = access.access(uuid.uuid4(), "session")
    assert code_of(tokens, made) == "playback_invalid"
    claims = jwt.decode(made, options={"verify_signature": False})
    both = {**claims, "aud": ["framemill:access", "framemill:playback"], "job": str(JOB)}
    assert code_of(tokens, jwt.encode(both, KEY, "HS256", {"kid": "new"})) == "playback_invalid"
    token, _ = tokens.make(VIDEO, JOB, "session", 600)
    for each in (token, jwt.encode(both, tokens._keys["new"], "HS256", {"kid": "new"})):
        with pytest.raises(Unauthenticated):
            access.check_access(each)
