"""Sessions in Redis: one key each, with the id (JTI) of its only valid refresh token.

A session that is not in Redis is not valid, so losing Redis ends all of them.
`stored_sessions.py` makes sure that an old copy of Redis brings none back.
"""

import json
import time
import uuid
from dataclasses import dataclass

import redis.asyncio as redis

from backend.auth.schemas import SessionItem
from core.coalesce import Batcher
from core.errors import Unauthenticated
from core.model.ids import new_token

# KEYS: session, index. ARGV: the token id shown, the next one, grace in s, life in s, session id,
# and 1 where the token that followed the one shown was never handed out.
# One script, so that of twenty refreshes at once only one makes a successor; the others, and a
# caller whose answer was lost, are given the same one for a short while.
_ROTATE = """
local raw = redis.call('GET', KEYS[1])
if not raw then return {'gone'} end
local session = cjson.decode(raw)
local now = tonumber(redis.call('TIME')[1])
if session.jti == ARGV[1] then
  session.previous = session.jti
  session.previous_until = now + tonumber(ARGV[3])
  session.jti = ARGV[2]
  session.issued_at = now
  session.used_at = now
  redis.call('SET', KEYS[1], cjson.encode(session), 'EX', ARGV[4])
  redis.call('EXPIRE', KEYS[2], ARGV[4])
  return {'ok', session.jti, session.issued_at}
end
if session.previous == ARGV[1] and (now < session.previous_until or ARGV[6] == '1') then
  return {'ok', session.jti, session.issued_at}
end
redis.call('DEL', KEYS[1])
redis.call('SREM', KEYS[2], ARGV[5])
return {'replayed'}
"""


@dataclass(frozen=True)
class Rotated:
    """What the next refresh token is made of."""

    token_id: str
    issued_at: int


def ended() -> Unauthenticated:
    """Return the error for a session that has ended."""
    return Unauthenticated("This session has ended. Log in again.", "session_revoked")


class Sessions:
    """Begins, checks, rotates and ends sessions."""

    def __init__(self, client: redis.Redis, life_s: int, grace_s: int) -> None:
        self._redis = client
        self._life_s = life_s
        self._grace_s = grace_s
        self._rotate = client.register_script(_ROTATE)
        self._alive: Batcher[str, bool] = Batcher(self._load_alive, dependency="The session store")

    async def begin(
        self, user_id: uuid.UUID, *, client: str, user_agent: str, address: str
    ) -> tuple[str, Rotated]:
        """Start a session; return its id and what its first refresh token is made of."""
        session_id, token_id, now = new_token(), new_token(), int(time.time())
        value = {
            "user": str(user_id), "jti": token_id, "issued_at": now, "created_at": now,
            "used_at": now, "client": client, "agent": user_agent[:300], "address": address,
        }  # fmt: skip
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.set(_key(session_id), json.dumps(value), ex=self._life_s)
            pipe.sadd(_index(user_id), session_id)
            pipe.expire(_index(user_id), self._life_s)
            await pipe.execute()
        return session_id, Rotated(token_id, now)

    async def check(self, session_id: str) -> None:
        """Raise `session_revoked` unless the session is alive."""
        if not await self._alive.get(session_id):
            raise ended()

    async def rotate(
        self, user_id: uuid.UUID, session_id: str, token_id: str, *, unanswered: bool = False
    ) -> Rotated:
        """Exchange a refresh token's id, as shown, for the next one.

        `unanswered` says that the one after it was never handed out, because the answer was lost in
        an outage. Then it may be shown at any time.

        Raises:
            Unauthenticated: `session_revoked`: the session has ended, or the token was used
                before, which ends it.
        """
        lives = self._grace_s, self._life_s
        answer = await self._rotate(
            keys=[_key(session_id), _index(user_id)],
            args=[token_id, new_token(), *lives, session_id, int(unanswered)],
        )
        if answer[0] != "ok":
            raise ended()
        return Rotated(str(answer[1]), int(answer[2]))

    async def went_on(self, session_id: str, token_id: str) -> bool:
        """Tell whether a refresh token has been exchanged already: others were faster with it."""
        value = await self._redis.get(_key(session_id))
        return value is not None and json.loads(value).get("previous") == token_id

    async def list_of(self, user_id: uuid.UUID, current: str) -> list[SessionItem]:
        """Return a user's sessions, the last used first; `current` is the id of who asks."""
        ids = [str(item) for item in await self._redis.smembers(_index(user_id))]
        values = await self._redis.mget([_key(item) for item in ids]) if ids else []
        found = [
            SessionItem(id=item, current=item == current, **json.loads(value))
            for item, value in zip(ids, values, strict=True)
            if value is not None
        ]
        return sorted(found, key=lambda session: session.used_at, reverse=True)

    async def end(self, user_id: uuid.UUID, session_id: str) -> bool:
        """End one session of a user; False when there is none."""
        if not await self._redis.srem(_index(user_id), session_id):
            return False
        await self._redis.delete(_key(session_id))
        return True

    async def end_all(self, user_id: uuid.UUID, keep: str | None = None) -> None:
        """End every session of a user but the one to keep."""
        found = await self._redis.smembers(_index(user_id))
        ended = [str(item) for item in found if str(item) != keep]
        if not ended:
            return
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(*(_key(item) for item in ended))
            pipe.srem(_index(user_id), *ended)  # not the whole set: another may just have begun
            await pipe.execute()

    async def _load_alive(self, session_ids: list[str]) -> dict[str, bool]:
        values = await self._redis.mget([_key(item) for item in session_ids])
        return {item: value is not None for item, value in zip(session_ids, values, strict=True)}


def _key(session_id: str) -> str:
    return f"session:{session_id}"


def _index(user_id: uuid.UUID) -> str:
    return f"sessions:{user_id}"
