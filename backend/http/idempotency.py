"""`Idempotency-Key`: requests with the same key create one thing only, for a day.

A phone that did not get the answer to `POST /v1/uploads` asks again with the same key. It gets the
upload of the first request, in its present state, and no second one.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable
from typing import TypeVar

import redis.asyncio as redis
from pydantic import BaseModel
from redis.exceptions import RedisError

from core import log
from core.errors import Conflict, Invalid
from core.model.ids import new_token

_log = log.get(__name__)
M = TypeVar("M", bound=BaseModel)
_KEPT_S = 86_400
_AT_WORK_S = 60  # a process that died at it gives the key back after this
_AT_WORK = "…"


class Idempotency:
    """Remembers answers in Redis; losing it only means that a repetition is a new request."""

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    async def once(
        self,
        user_id: uuid.UUID,
        key: str | None,
        body: BaseModel,
        kind: type[M],
        work: Callable[[], Awaitable[M]],
    ) -> tuple[M, bool]:
        """Do the work, or return what it made when the key was used before; and whether it was.

        Args:
            user_id: whose request it is.
            key: as the client chose it; None to do the work in any case.
            body: what is asked; the same key must come with the same.
            kind: the answer's type.
            work: does what is asked; when it raises, the key may be used again.

        Raises:
            Conflict: `idempotency_in_progress`: the first request is still being answered.
            Invalid: `idempotency_key_reused`: for something else.
        """
        if key is None:
            return await work(), False
        place = f"idempotency:{user_id}:{hashlib.sha256(key.encode()).hexdigest()}"
        asked = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
        # A mark of this one request: the client library repeats a command whose answer was lost.
        at_work = f"{asked} {_AT_WORK}{new_token()}"
        if not await self._redis.set(place, at_work, nx=True, ex=_AT_WORK_S):
            found = str(await self._redis.get(place) or "")
            if found != at_work:
                return kind.model_validate_json(_answer(found, asked)), True
        # Shielded: what is made is made, and a key is given back, though nobody waits any more.
        try:
            made = await work()
        except BaseException:
            await asyncio.shield(self._note(place, None))
            raise
        await asyncio.shield(self._note(place, f"{asked} {made.model_dump_json()}"))
        return made, False

    async def _note(self, place: str, value: str | None) -> None:
        """Have a value remembered, or the key given back, if Redis is there."""
        try:
            if value is None:
                await self._redis.delete(place)
            else:
                await self._redis.set(place, value, ex=_KEPT_S)
        except (RedisError, OSError) as error:
            _log.warning("idempotency_not_noted", error=repr(error))


def _answer(found: str, asked: str) -> str:
    """Return the answer to a request that was made before."""
    before, _, answer = found.partition(" ")
    if before not in ("", asked):
        raise Invalid(
            "This Idempotency-Key was used for a different request.", "idempotency_key_reused"
        )
    if answer == "" or answer.startswith(_AT_WORK):
        raise Conflict(
            "The first request with this Idempotency-Key is still in progress.",
            "idempotency_in_progress",
            retry_after_s=1,
        )
    return answer
