"""Playback tokens: each opens what one job has made of one film, for whoever has it.

They are signed with keys of their own, made from those of `auth/tokens.py`. So no access token is
a playback token, nor the other way round, whatever stands in it.
"""

import hmac
import time
import uuid
from dataclasses import dataclass
from typing import Any

import jwt

from backend.auth.tokens import ALGORITHM, LEEWAY_S, key_id_of, read_claims
from backend.settings import Settings
from core.errors import Forbidden
from core.videos.purges import LONGEST_TOKEN

LONGEST_S = int(LONGEST_TOKEN.total_seconds())
_AUDIENCE = "framemill:playback"
_SESSION, _SHARE = "sid", "share"  # a token has one of them
_REQUIRED = ["iss", "aud", "exp", "iat", "sub", "job"]


@dataclass(frozen=True)
class Pass:
    """What a token lets its bearer watch; times in seconds since the epoch.

    Attributes:
        video_id: the film.
        job_id: the job whose outputs.
        session_id: of who made the token. It ends with that. None if a link did.
        share_id: the link by which it was made. It ends with that. None if a session did.
        issued_at: when it was made.
        expires_at: when it ends.
    """

    video_id: uuid.UUID
    job_id: uuid.UUID
    session_id: str | None
    share_id: uuid.UUID | None
    issued_at: int
    expires_at: int


def expired() -> Forbidden:
    """Return the error for a token that has ended."""
    return Forbidden("This playback has ended. Ask for a new address.", "playback_expired")


def invalid() -> Forbidden:
    """Return the error for what is no token of ours."""
    return Forbidden("This playback address is not valid.", "playback_invalid")


class PlaybackTokens:
    """Makes and checks playback tokens."""

    def __init__(self, settings: Settings) -> None:
        secrets = settings.signing_keys()
        self._keys = {key_id: _derived(secret) for key_id, secret in secrets.items()}
        self._signing_id = next(iter(secrets), "")
        self._issuer = settings.jwt_issuer

    def make(
        self, video_id: uuid.UUID, job_id: uuid.UUID, by: str | uuid.UUID, ttl_s: int
    ) -> tuple[str, Pass]:
        """Return a new token that is good for so many seconds, and what it says.

        `by` is what it ends with: the id of a session (text), or of a link.
        """
        issued_at = int(time.time())
        session_id, share_id = (by, None) if isinstance(by, str) else (None, by)
        held = Pass(video_id, job_id, session_id, share_id, issued_at, issued_at + ttl_s)
        claims = {
            "iss": self._issuer,
            "aud": _AUDIENCE,
            "sub": str(video_id),
            "job": str(job_id),
            _SESSION if share_id is None else _SHARE: str(by),
            "iat": held.issued_at,
            "exp": held.expires_at,
        }
        key, headers = self._keys[self._signing_id], {"kid": self._signing_id}
        return jwt.encode(claims, key, algorithm=ALGORITHM, headers=headers), held

    def check(self, token: str) -> Pass:
        """Verify a token.

        Raises:
            Forbidden: `playback_expired`, or `playback_invalid` if it is none of ours.
        """
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._keys[key_id_of(token)],
                algorithms=[ALGORITHM],
                audience=_AUDIENCE,
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": _REQUIRED},
            )
            return _pass(claims)
        except jwt.ExpiredSignatureError:
            raise expired() from None
        except (jwt.InvalidTokenError, KeyError, ValueError, OverflowError):
            raise invalid() from None


def _derived(secret: str) -> bytes:
    return hmac.digest(secret.encode(), _AUDIENCE.encode(), "sha256")


def _pass(claims: dict[str, Any]) -> Pass:
    [by] = (name for name in (_SESSION, _SHARE) if name in claims)  # else a ValueError
    words, issued_at, expires_at = read_claims(claims, ("sub", "job", by), LONGEST_S)
    session_id, share_id = (words[2], None) if by == _SESSION else (None, uuid.UUID(words[2]))
    video_id, job_id = uuid.UUID(words[0]), uuid.UUID(words[1])
    return Pass(video_id, job_id, session_id, share_id, issued_at, expires_at)
