"""Who is logged in where: the tokens, kept in a file of mode 0600 or only in memory."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from client.home import locked, read_object, write_private
from client.models import Tokens

_MARGIN = 30.0  # seconds before its end at which an access token is renewed


@dataclass(frozen=True)
class Session:
    """A login at one server; `renew_at` is in seconds since the epoch."""

    email: str
    access_token: str
    refresh_token: str
    renew_at: float


def session_of(email: str, tokens: Tokens, now: float) -> Session:
    """Return the session that an answer to login or refresh gives."""
    margin = min(_MARGIN, tokens.expires_in * 0.1)
    return Session(
        email, tokens.access_token, tokens.refresh_token, now + tokens.expires_in - margin
    )


class SessionStore:
    """The sessions by server. Without a path they last as long as the object.

    Every method may raise `HomeUnusable`. What is damaged, or was written by another version,
    counts as not there.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._memory: dict[str, Any] = {}
        self._memory_lock = threading.Lock()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep others from renewing at the same time: a refresh token may be used once."""
        if self._path is None:
            with self._memory_lock:
                yield
        else:
            with locked(self._path.with_suffix(".lock")):
                yield

    def find(self, server: str) -> Session | None:
        """Return the session at a server as it is now, whoever renewed it last."""
        return _session(_sessions(self._read()).get(server))

    def last_server(self) -> str | None:
        """Return the server of the last login."""
        server = self._read().get("server")
        return server if isinstance(server, str) else None

    def keep(self, server: str, session: Session, *, as_last: bool = False) -> None:
        """Remember a session; call it under the lock."""
        data = self._read()
        data["sessions"] = {**_sessions(data), server: asdict(session)}
        if as_last:
            data["server"] = server
        self._write(data)

    def drop(self, server: str) -> None:
        """Forget a session; call it under the lock."""
        data = self._read()
        if _sessions(data).pop(server, None) is not None:
            self._write(data)

    def _read(self) -> dict[str, Any]:
        if self._path is None:
            return self._memory
        return read_object(self._path)

    def _write(self, data: dict[str, Any]) -> None:
        if self._path is not None:
            write_private(self._path, json.dumps(data, indent=2))


def _sessions(data: dict[str, Any]) -> dict[str, Any]:
    found = data.get("sessions")
    return found if isinstance(found, dict) else {}


def _session(entry: object) -> Session | None:
    match entry:
        case {
            "email": str(email),
            "access_token": str(access),
            "refresh_token": str(refresh),
            "renew_at": int() | float() as renew_at,
        } if access.isascii():
            return Session(email, access, refresh, float(renew_at))
    return None
