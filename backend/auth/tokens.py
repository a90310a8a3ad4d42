"""JSON Web Tokens: access tokens for requests, refresh tokens for new access tokens.

One fixed algorithm. The key id is looked up in a fixed map, so that a key can be changed while
tokens of the old key are still valid.
"""

import re
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Literal

import jwt

from backend.settings import Settings
from core.errors import Unauthenticated
from core.model.ids import new_token

ALGORITHM = "HS256"
LEEWAY_S = 10
_REQUIRED = ["iss", "aud", "exp", "iat", "sub", "jti", "sid"]
_CACHE = 10_000  # tokens; about 1 kB each
_MAX_ACCESS_S = 600  # whatever was signed, and whatever is set now
# Three parts in base64url, the last of exactly 256 bits: one token has one spelling.
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")

Kind = Literal["access", "refresh"]


@dataclass(frozen=True)
class Token:
    """What a verified token says; times in seconds since the epoch."""

    user_id: uuid.UUID
    session_id: str
    token_id: str
    expires_at: int


class Tokens:
    """Makes and checks tokens."""

    def __init__(self, settings: Settings) -> None:
        keys = settings.signing_keys()
        if not keys:
            raise ValueError("JWT_KEYS is not set")
        self._keys = keys
        self._signing_id = next(iter(keys))
        self._issuer = settings.jwt_issuer
        self._life = {"access": settings.access_token_s, "refresh": settings.refresh_token_s}
        self._longest = {**self._life, "access": _MAX_ACCESS_S}
        # A signature does not change: a token that was verified once needs only its time checked.
        self._verified: OrderedDict[str, Token] = OrderedDict()

    def access(self, user_id: uuid.UUID, session_id: str) -> str:
        """Return a new access token."""
        return self._make("access", user_id, session_id, new_token(), int(time.time()))

    def refresh(self, user_id: uuid.UUID, session_id: str, token_id: str, issued_at: int) -> str:
        """Return the refresh token of these values; the same values give the same token."""
        return self._make("refresh", user_id, session_id, token_id, issued_at)

    def check_access(self, token: str) -> Token:
        """Verify an access token.

        Raises:
            Unauthenticated: `token_expired` or `token_invalid`.
        """
        known = self._verified.get(token)
        if known is None:
            known = self.check("access", token)
            self._verified[token] = known
            if len(self._verified) > _CACHE:
                self._verified.popitem(last=False)
        if known.expires_at + LEEWAY_S <= time.time():
            raise Unauthenticated("The access token has expired. Refresh it.", "token_expired")
        return known

    def check(self, kind: Kind, token: str) -> Token:
        """Verify a token in full.

        Raises:
            Unauthenticated: `token_expired` or `token_invalid`.
        """
        try:
            key = self._keys[key_id_of(token)]
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=f"framemill:{kind}",
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": _REQUIRED},
            )
            return _token(claims, self._longest[kind])
        except jwt.ExpiredSignatureError:
            raise Unauthenticated(f"The {kind} token has expired.", "token_expired") from None
        except (jwt.InvalidTokenError, KeyError, ValueError, OverflowError):
            raise Unauthenticated(f"The {kind} token is not valid.", "token_invalid") from None

    def _make(
        self, kind: Kind, user_id: uuid.UUID, session_id: str, token_id: str, issued_at: int
    ) -> str:
        claims = {
            "iss": self._issuer,
            "aud": f"framemill:{kind}",
            "sub": str(user_id),
            "sid": session_id,
            "jti": token_id,
            "iat": issued_at,
            "exp": issued_at + self._life[kind],
        }
        key, headers = self._keys[self._signing_id], {"kid": self._signing_id}
        return jwt.encode(claims, key, algorithm=ALGORITHM, headers=headers)


def key_id_of(token: str) -> str:
    """Return the key id of a token in the one form that ours have.

    Nothing else may stand in the header: no key, no address of one, nothing critical.
    """
    if not _SHAPE.fullmatch(token):
        raise ValueError("not a token of this service")
    header = jwt.get_unverified_header(token)
    key_id = header.get("kid")
    ours = {"alg": ALGORITHM, "kid": key_id, "typ": "JWT"}
    if not isinstance(key_id, str) or header != ours:
        raise ValueError("wrong token header")
    return key_id


def read_claims(
    claims: dict[str, Any], names: tuple[str, ...], longest_s: int
) -> tuple[list[str], int, int]:
    """Return what verified claims say: these words, when it was made, and when it ends.

    Raises:
        ValueError: one has not the type that ours have, or the token's life is too long.
    """
    words = [claims[name] for name in names]
    times = [claims[name] for name in ("iat", "exp")]
    # By type, not `isinstance`: true is an integer too.
    if any(type(word) is not str for word in words) or any(type(each) is not int for each in times):
        raise ValueError("a claim has the wrong type")
    issued_at, expires_at = times
    if not 0 < expires_at - issued_at <= longest_s:
        raise ValueError("the token's life is too long")
    return words, issued_at, expires_at


def _token(claims: dict[str, Any], longest_s: int) -> Token:
    words, _, expires_at = read_claims(claims, ("sub", "sid", "jti"), longest_s)
    return Token(uuid.UUID(words[0]), words[1], words[2], expires_at)
